import * as React from 'react';

import { trans } from '../../words';
import type { IRunColumn } from '../table/columns';
import type { IRowFrame } from './RunTableRow';
import { activeId } from './RunTableRow';

/** What can be done with a column at its head. */
export interface IHeadActions {
  sort: (field: string) => void;
  resize: (field: string, width: number) => void;
  /** Put a column before another one. */
  move: (field: string, before: string) => void;
  menu: (field: string, at: { x: number; y: number }) => void;
  pickAll: () => void;
}

/** Props of the header. */
export interface IRunHeadProps {
  frame: IRowFrame;
  /** Field of the order, with a minus before it when it falls. */
  order: string;
  /** Whether all, some or none of the runs are picked. */
  picked: 'all' | 'some' | 'none';
  /** Cell that the keyboard is on; -1 when it is elsewhere. */
  active: number;
  actions: IHeadActions;
}

/** The header: stays in sight, sorts, sizes and orders the columns. */
export function RunTableHead(props: IRunHeadProps): React.JSX.Element {
  const { frame, actions } = props;
  const head = (column: IRunColumn, at: number): React.JSX.Element => (
    <Head key={column.field} {...props} column={column} width={frame.widths[at] ?? 0} place={at + 1} />
  );
  return (
    <div role="rowgroup" className="jp-octavo-RunHead" style={{ width: frame.width }}>
      <div role="row" aria-rowindex={1} className="jp-octavo-RunHead-row">
        <div role="presentation" className="jp-octavo-RunRow-pins">
          <div role="columnheader" aria-colindex={1} id={props.active === 0 ? activeId(frame.id, -1, 0) : undefined} className={`jp-octavo-RunCell jp-mod-pick${props.active === 0 ? ' jp-mod-active' : ''}`}>
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={trans.__('Pick all runs')}
              checked={props.picked === 'all'}
              ref={box => {
                if (box) {
                  box.indeterminate = props.picked === 'some';
                }
              }}
              onChange={actions.pickAll}
            />
          </div>
          {frame.columns.slice(0, frame.pins).map(head)}
        </div>
        {frame.columns.slice(frame.pins).map((column, at) => head(column, at + frame.pins))}
      </div>
    </div>
  );
}

function Head(props: IRunHeadProps & { column: IRunColumn; width: number; place: number }): React.JSX.Element {
  const { column, order, actions } = props;
  const active = props.active === props.place;
  const mine = order.replace(/^-/, '') === column.field;
  const falls = order.startsWith('-');
  const numeric = column.cell === 'number' || column.cell === 'time';
  const [over, setOver] = React.useState(false);
  return (
    <div
      role="columnheader"
      aria-colindex={props.place + 1}
      aria-sort={mine ? (falls ? 'descending' : 'ascending') : undefined}
      id={active ? activeId(props.frame.id, -1, props.place) : undefined}
      className={`jp-octavo-RunCell jp-octavo-RunHead-cell${numeric ? ' jp-mod-numeric' : ''}${active ? ' jp-mod-active' : ''}${column.sorts ? ' jp-mod-sorts' : ''}${over ? ' jp-mod-over' : ''}`}
      style={{ width: props.width }}
      title={column.source === 'column' ? column.title : `${column.field}`}
      draggable
      onDragStart={event => event.dataTransfer.setData(DRAGGED, column.field)}
      onDragOver={event => {
        if (event.dataTransfer.types.includes(DRAGGED)) {
          event.preventDefault();
          setOver(true);
        }
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        setOver(false);
        actions.move(event.dataTransfer.getData(DRAGGED), column.field);
      }}
      onClick={() => column.sorts && actions.sort(column.field)}
      onContextMenu={event => {
        event.preventDefault();
        actions.menu(column.field, { x: event.clientX, y: event.clientY });
      }}
    >
      <bdi className="jp-octavo-RunHead-title">{column.title}</bdi>
      {mine && <span aria-hidden="true">{falls ? ' ↓' : ' ↑'}</span>}
      <Grip width={props.width} onResize={width => actions.resize(column.field, width)} />
    </div>
  );
}

const DRAGGED = 'application/x-octavo-column';

/** The edge of a column: it follows the pointer. */
function Grip(props: { width: number; onResize: (width: number) => void }): React.JSX.Element {
  const from = React.useRef<{ x: number; width: number } | null>(null);
  return (
    <span
      className="jp-octavo-RunHead-grip"
      draggable
      onDragStart={event => {
        event.preventDefault();
        event.stopPropagation();
      }}
      onClick={event => event.stopPropagation()}
      onPointerDown={event => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, width: props.width };
      }}
      onPointerMove={event => from.current && props.onResize(from.current.width + event.clientX - from.current.x)}
      onPointerUp={() => (from.current = null)}
      onPointerCancel={() => (from.current = null)}
    />
  );
}
