import * as React from 'react';

import type { Run, RunGroup } from '../../api/experiments';
import { metric } from '../../ui/format';
import { trans } from '../../words';
import type { IRange, IRunColumn } from '../table/columns';
import { RunTableCell } from './RunTableCell';
import { valueOf } from './runs';

/** What all rows of a table share; the same object until something of it changes. */
export interface IRowFrame {
  readonly columns: readonly IRunColumn[];
  readonly widths: readonly number[];
  /** How many of the columns stay in sight. */
  readonly pins: number;
  /** Ranges of the metrics by field. */
  readonly ranges: ReadonlyMap<string, IRange>;
  /** Width of all columns together. */
  readonly width: number;
  /** Begins the ids of what the keyboard is on. */
  readonly id: string;
  readonly grouped: boolean;
}

/** Props of a row. */
export interface IRunRowProps {
  frame: IRowFrame;
  line: number;
  /** Undefined while it is loading. */
  run: Run | undefined;
  picked: boolean;
  /** Place of the cell that the keyboard is on, 0 for the box; -1 when it is on another row. */
  active: number;
  now: Date;
}

/** The id of the cell that the keyboard is on. */
export function activeId(frame: string, line: number, place: number): string {
  return `${frame}-${line}-${place}`;
}

function Row(props: IRunRowProps): React.JSX.Element {
  const { frame, line, run, picked, active } = props;
  const cell = (column: IRunColumn, at: number): React.JSX.Element | null =>
    run ? (
      <RunTableCell
        key={column.field}
        run={run}
        column={column}
        range={frame.ranges.get(column.field)}
        width={frame.widths[at] ?? 0}
        place={at + 2}
        active={active === at + 1}
        id={activeId(frame.id, line, at + 1)}
        now={props.now}
      />
    ) : null;
  return (
    <div
      role="row"
      aria-rowindex={line + 2}
      aria-level={frame.grouped ? 2 : undefined}
      aria-selected={picked}
      aria-busy={!run || undefined}
      data-line={line}
      className={`jp-octavo-RunRow${picked ? ' jp-mod-picked' : ''}${active >= 0 ? ' jp-mod-active' : ''}${run ? '' : ' jp-mod-loading'}`}
    >
      <div role="presentation" className="jp-octavo-RunRow-pins">
        <div role="gridcell" aria-colindex={1} id={active === 0 ? activeId(frame.id, line, 0) : undefined} className={`jp-octavo-RunCell jp-mod-pick${active === 0 ? ' jp-mod-active' : ''}`}>
          {run && <input type="checkbox" tabIndex={-1} data-do="pick" checked={picked} readOnly aria-label={trans.__('Pick run %1', run.name)} />}
        </div>
        {frame.columns.slice(0, frame.pins).map(cell)}
      </div>
      {frame.columns.slice(frame.pins).map((column, at) => cell(column, at + frame.pins))}
    </div>
  );
}

/** A run as a line of the table; drawn anew only when something of it has changed. */
export const RunTableRow = React.memo(Row);

/** Props of a group's head. */
export interface IGroupRowProps {
  frame: IRowFrame;
  line: number;
  group: RunGroup;
  open: boolean;
  active: boolean;
}

function GroupRow(props: IGroupRowProps): React.JSX.Element {
  const { frame, group, line } = props;
  const metrics = frame.columns.slice(0, frame.pins).findIndex((column, at) => at > 0 && column.source === 'metric');
  const named = metrics < 0 ? frame.pins : metrics; // the name takes the room of the columns before the first range
  const range = (column: IRunColumn, at: number): React.JSX.Element => (
    <div key={column.field} role="gridcell" aria-colindex={at + 2} className="jp-octavo-RunCell jp-mod-numeric jp-octavo-Muted" style={{ width: frame.widths[at] }}>
      {column.source === 'metric' && <Range group={group} name={column.name} />}
    </div>
  );
  const live = group.live > 0 ? ` · ${trans.__('%1 live', group.live)}` : '';
  return (
    <div
      role="row"
      aria-rowindex={line + 2}
      aria-level={1}
      aria-expanded={props.open}
      data-line={line}
      data-do="group"
      className={`jp-octavo-RunRow jp-mod-group${props.active ? ' jp-mod-active' : ''}`}
    >
      <div role="presentation" className="jp-octavo-RunRow-pins">
        <div role="gridcell" id={props.active ? activeId(frame.id, line, 0) : undefined} className={`jp-octavo-RunCell jp-mod-group${props.active ? ' jp-mod-active' : ''}`} style={{ width: frame.widths.slice(0, named).reduce((sum, width) => sum + width, 32) }}>
          <i className={`jp-octavo-RunRow-caret${props.open ? ' jp-mod-open' : ''}`} aria-hidden="true" />
          <bdi title={group.label}>{group.label}</bdi>
          <span className="jp-octavo-Muted">{trans._n('%2 run', '%2 runs', group.runs, group.runs.toLocaleString('en-US')) + live}</span>
        </div>
        {frame.columns.slice(named, frame.pins).map((column, at) => range(column, at + named))}
      </div>
      {frame.columns.slice(frame.pins).map((column, at) => range(column, at + frame.pins))}
    </div>
  );
}

/** From the smallest to the largest value of a metric in a group, with its mean on hover. */
function Range(props: { group: RunGroup; name: string }): React.JSX.Element | null {
  const found = valueOf(props.group.metrics, props.name);
  const ends = found && [found.minimum, found.maximum];
  return found && ends ? (
    <span title={trans.__('%1 to %2, mean %3', metric(found.minimum), metric(found.maximum), metric(found.mean))}>
      {found.minimum === found.maximum ? metric(found.mean) : ends.map(end => metric(Number(end.toPrecision(2)))).join(' – ')}
    </span>
  ) : null;
}

/** The head of a group: its value, how many runs it has, and the range of each shown metric. */
export const GroupTableRow = React.memo(GroupRow);
