import * as React from 'react';

import type { Run } from '../../api/experiments';
import { trans } from '../../words';
import type { IRange, IRunColumn } from '../table/columns';
import { cellOf } from '../table/columns';
import { runTone } from './runs';

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
  const numeric = column.cell === 'number' || column.cell === 'time';
  return (
    <div
      role={column.cell === 'name' ? 'rowheader' : 'gridcell'}
      id={active ? props.id : undefined}
      aria-colindex={props.place}
      data-field={column.field}
      className={`jp-octavo-RunCell${numeric ? ' jp-mod-numeric' : ''}${active ? ' jp-mod-active' : ''}`}
      style={{ width: props.width }}
    >
      {column.cell === 'name' ? <Name run={run} /> : cell.text}
      {cell.aside && <span className="jp-octavo-RunCell-aside">{cell.aside}</span>}
      {cell.share !== undefined && <span className="jp-octavo-RunCell-bar" style={{ width: `${cell.share * 100}%` }} />}
      {column.cell === 'next' && <Next run={run} />}
    </div>
  );
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
