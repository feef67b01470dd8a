import * as React from 'react';

import type { Run } from '../../api/experiments';
import { trans } from '../../words';
import type { ICell, IRange, IRunColumn } from '../table/columns';
import { cellOf } from '../table/columns';
import { runTone } from './runs';

/** Space at both sides of a cell's text. */
const PAD_PX = 10;
/** A Latin character of JupyterLab's font is narrower than this. */
const WIDEST_PX = 8;
/** Others may be wide, or pile up above the line. The minus, dash, euro and ellipsis are what figures are written with. */
const LATIN = /^[\u0020-\u02ff\u2010-\u2026\u20ac\u2212]*$/;
/** As many characters as a cell shows besides its text: the next step; a name's dot and menu. */
const BESIDES: Partial<Record<IRunColumn['cell'], number>> = { next: 10, name: 6 };
/** As many characters as the mark of a baseline takes. */
const MARK_CHARACTERS = 10;

/** Props of a cell. */
export interface ICellProps {
  run: Run;
  column: IRunColumn;
  range: IRange | undefined;
  width: number;
  /** Its place among the row's cells, counted from 1. */
  place: number;
  /** The cell that the keyboard is on. */
  active: boolean;
  id: string;
  now: Date;
}

/**
 * One value of a run.
 *
 * What is clicked is told by `data-do`, which the table reads: thousands of cells go by in a scroll,
 * and none of them makes a function of its own.
 */
export function RunTableCell(props: ICellProps): React.JSX.Element {
  const { run, column, active } = props;
  const cell = cellOf(run, column, props.range, props.now);
  return (
    <div
      role={column.cell === 'name' ? 'rowheader' : 'gridcell'}
      id={active ? props.id : undefined}
      aria-colindex={props.place}
      data-field={column.field}
      className={classes(run, column, cell, props.width, active)}
      style={cell.share === undefined ? { width: props.width } : { width: props.width, backgroundSize: `${cell.share * (props.width - 2 * PAD_PX)}px 2px` }}
    >
      {column.cell === 'name' ? <Name run={run} /> : cell.text}
      {cell.aside && <span className="jp-octavo-RunCell-aside">{cell.aside}</span>}
      {column.cell === 'next' && <Next run={run} />}
    </div>
  );
}

/** A cell is clipped only where its text may not fit: a browser pays for each clip in every frame of a scroll. */
function classes(run: Run, column: IRunColumn, cell: ICell, width: number, active: boolean): string {
  const marked = column.cell === 'name' && run.baseline ? MARK_CHARACTERS : 0;
  const characters = cell.text.length + (cell.aside?.length ?? 0) + (BESIDES[column.cell] ?? 0) + marked;
  const names = ['jp-octavo-RunCell'];
  if (column.cell === 'number' || column.cell === 'time') {
    names.push('jp-mod-numeric');
  }
  if (characters * WIDEST_PX > width - 2 * PAD_PX || !LATIN.test(cell.text)) {
    names.push('jp-mod-long');
  }
  if (cell.share !== undefined) {
    names.push('jp-mod-bar');
  }
  if (active) {
    names.push('jp-mod-active');
  }
  return names.join(' ');
}

/** State, name, whether it is what others are compared with, and the way to everything one can do with it. */
function Name(props: { run: Run }): React.JSX.Element {
  const { run } = props;
  return (
    <>
      <i className={`jp-octavo-RunDot jp-mod-${runTone(run)}`} role="img" aria-label={run.status} title={run.status} />
      <bdi className="jp-octavo-RunCell-name">{run.name}</bdi>
      {run.baseline && <span className="jp-octavo-RunCell-mark">{trans.__('baseline')}</span>}
      <button type="button" tabIndex={-1} data-do="menu" className="jp-octavo-RunCell-menu" aria-label={trans.__('Actions of run %1', run.name)}>
        ⋯
      </button>
    </>
  );
}

/** The next step of the golden path. */
function Next(props: { run: Run }): React.JSX.Element | null {
  const { run } = props;
  if (run.registered.length > 0) {
    return (
      <button type="button" tabIndex={-1} data-do="deploy" className="jp-octavo-RunCell-next" aria-label={trans.__('Request deployment: %1', run.registered[run.registered.length - 1])}>
        {trans.__('Deploy')}
      </button>
    );
  }
  return run.models > 0 ? (
    <button type="button" tabIndex={-1} data-do="register" className="jp-octavo-RunCell-next" aria-label={trans.__('Register: %1', run.name)}>
      {trans.__('Register')}
    </button>
  ) : null;
}
