import * as React from 'react';

import type { Run } from '../../api/experiments';
import { useNow } from '../../ui/Time';
import { trans } from '../../words';
import type { IRunColumn } from '../table/columns';
import { tipOf } from '../table/columns';
import type { IWindow } from '../table/geometry';
import { boxHeight, LINE_PX, SPARE_LINES, STEP_LINES } from '../table/geometry';
import type { IPlace } from '../table/keys';
import type { Lines } from '../table/lines';
import type { IHeadActions } from './RunTableHead';
import { RunTableHead } from './RunTableHead';
import type { IRowFrame } from './RunTableRow';
import { activeId, GroupTableRow, RunTableRow } from './RunTableRow';
import { useGridKeys, useScroller } from './runTableHooks';

/** What a person can do on a line. */
export type LineDeed = 'open' | 'menu' | 'pick' | 'pickTo' | 'register' | 'deploy' | 'group';

/** Where something was asked for. */
export interface ILinePoint {
  readonly x: number;
  readonly y: number;
  /** The column. */
  readonly field: string | undefined;
  /** The line from which a range goes. */
  readonly from?: number;
}

/** Props of the table. */
export interface IRunTableProps {
  lines: Lines;
  /** Changes with every change of the lines. */
  version: number;
  frame: IRowFrame;
  order: string;
  picked: ReadonlySet<string>;
  head: IHeadActions;
  /** Tells which lines are seen. */
  onSee: (window: IWindow) => void;
  onDeed: (deed: LineDeed, line: number, run: Run | undefined, at: ILinePoint) => void;
  onPickAll: () => void;
  onClear: () => void;
  /** Gets a function that scrolls by so many lines, and one that goes to the top. */
  scroller: React.MutableRefObject<IScroller | null>;
}

/** Moves the table from outside. */
export interface IScroller {
  shift: (lines: number) => void;
  toTop: () => void;
}

/** Runs as a grid: only the lines that are seen are drawn, so that any number of them scrolls alike. */
export function RunTable(props: IRunTableProps): React.JSX.Element {
  const { lines, frame } = props;
  const total = lines.total;
  const grid = React.useRef<HTMLDivElement>(null);
  const [place, setPlace] = React.useState<IPlace>({ line: 0, cell: 1 });
  const { window: seen, viewport, fast, reveal } = useScroller(grid, total, props.scroller, frame);
  const deed = useDeeds(props, setPlace);
  const onKeyDown = useGridKeys(props, { place, setPlace, reveal, viewport });
  const tip = useTips(lines, frame.columns);
  const { onSee } = props;
  React.useEffect(() => onSee(seen), [onSee, seen, props.version]);
  const all = props.picked.size > 0 && props.picked.size >= Math.min(total, 1000);
  return (
    <div
      ref={grid}
      role={frame.grouped ? 'treegrid' : 'grid'}
      className="jp-octavo-RunTable"
      tabIndex={0}
      aria-label={trans.__('Runs')}
      aria-rowcount={total + 1}
      aria-colcount={frame.columns.length + 1}
      aria-multiselectable
      aria-activedescendant={activeId(frame.id, place.line, place.cell)}
      onKeyDown={onKeyDown}
    >
      <RunTableHead frame={frame} order={props.order} picked={all ? 'all' : props.picked.size > 0 ? 'some' : 'none'} active={place.line < 0 ? place.cell : -1} actions={props.head} />
      <div role="rowgroup" className="jp-octavo-RunTable-box" style={{ height: boxHeight(total), width: frame.width }} onClick={deed} onDoubleClick={deed} onContextMenu={deed} onMouseOver={tip}>
        <Rows {...props} frame={useBrief(frame, fast)} fast={fast} seen={seen} place={place} slots={Math.ceil(viewport / LINE_PX) + 2 * SPARE_LINES + STEP_LINES + 4} />
      </div>
    </div>
  );
}

/** While lines fly by, what stays in sight is all that is drawn of them: nobody reads more, and it keeps up. */
function useBrief(frame: IRowFrame, fast: boolean): IRowFrame {
  const brief = React.useMemo(() => ({ ...frame, columns: frame.columns.slice(0, Math.max(1, frame.pins)) }), [frame]);
  return fast ? brief : frame;
}

/**
 * The lines in sight. A line takes the place of the one that has left, so that the page keeps its elements;
 * while all of them change at once, none is moved.
 */
function Rows(props: IRunTableProps & { fast: boolean; seen: IWindow; place: IPlace; slots: number }): React.JSX.Element {
  const { seen, lines, frame, place } = props;
  const now = useNow();
  const drawn: React.JSX.Element[] = [];
  for (let line = seen.first; line < seen.end; line++) {
    const found = lines.at(line);
    const active = place.line === line ? place.cell : -1;
    const key = props.fast ? line - seen.first : line % props.slots;
    drawn.push(
      found.kind === 'group' ? (
        <GroupTableRow key={key} frame={frame} line={line} group={found.group} open={found.open} active={active >= 0} />
      ) : (
        <RunTableRow key={key} frame={frame} line={line} run={found.run} picked={found.run !== undefined && props.picked.has(found.run.run_id)} active={active} now={now} />
      )
    );
  }
  // The lines are moved together: to place each by itself would have the browser style each anew in every frame.
  return (
    <div role="presentation" className="jp-octavo-RunTable-window" style={{ top: seen.at }}>
      {drawn}
    </div>
  );
}

/** One listener for all lines: reads from the page which line and which part of it was meant. */
function useDeeds(props: IRunTableProps, setPlace: (place: IPlace) => void): (event: React.MouseEvent) => void {
  return event => {
    const target = event.target as Element;
    const row = target.closest<HTMLElement>('[data-line]');
    if (!row) {
      return;
    }
    const line = Number(row.dataset['line']);
    const found = props.lines.at(line);
    const run = found.kind === 'run' ? found.run : undefined;
    const named = target.closest<HTMLElement>('[data-do]')?.dataset['do'] as LineDeed | undefined;
    const cell = target.closest<HTMLElement>('[aria-colindex]');
    setPlace({ line, cell: Number(cell?.getAttribute('aria-colindex') ?? 1) - 1 });
    const at = { x: event.clientX, y: event.clientY, field: cell?.dataset['field'] };
    if (event.type === 'contextmenu') {
      event.preventDefault();
      props.onDeed('menu', line, run, at);
    } else if (event.type === 'dblclick') {
      props.onDeed(found.kind === 'group' || named ? 'group' : 'open', found.kind === 'group' || named ? -1 : line, run, at);
    } else if (event.shiftKey) {
      props.onDeed('pickTo', line, run, at);
    } else if (event.ctrlKey || event.metaKey) {
      props.onDeed('pick', line, run, at);
    } else if (named) {
      props.onDeed(named, line, run, at);
    } else if (target.closest('.jp-octavo-RunCell-name')) {
      props.onDeed('open', line, run, at);
    }
  };
}

/** Gives a cell its tooltip when the pointer comes to it; most cells never need one. */
function useTips(lines: Lines, columns: readonly IRunColumn[]): (event: React.MouseEvent) => void {
  return event => {
    const cell = (event.target as Element).closest<HTMLElement>('[data-field]');
    const row = cell?.closest<HTMLElement>('[data-line]');
    const found = row ? lines.at(Number(row.dataset['line'])) : undefined;
    const column = columns.find(one => one.field === cell?.dataset['field']);
    if (cell && column && found?.kind === 'run' && found.run) {
      cell.title = tipOf(found.run, column, new Date());
    }
  };
}
