import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { trans } from '../words';
import { Scroll } from './Scroll';

/** One column of a table. */
export interface IColumn<R> {
  id: string;
  title: string;
  /** Numbers stand right-aligned in tabular figures. */
  numeric?: boolean;
  /** Sentences take the lines that they need. */
  wraps?: boolean;
  cell: (row: R) => React.ReactNode;
  /** What a click on the head sorts by; without it the column can't be sorted. */
  sort?: (row: R) => number | string | null | undefined;
}

/** Props of a table. */
export interface ITableProps<R> {
  label: string;
  rows: readonly R[];
  columns: readonly IColumn<R>[];
  rowKey: (row: R) => string;
  onOpen?: (row: R) => void;
  /** With it, each row has a box to pick it. */
  picked?: readonly string[];
  onPick?: (keys: readonly string[]) => void;
  pickLabel?: (row: R) => string;
  /** At most 320 px tall: what comes below it stays in sight. */
  low?: boolean;
}

interface IOrder {
  id: string;
  down: boolean;
}

/** A dense table in JupyterLab's look: sortable, rows that open, rows that can be picked. */
export function Table<R>(props: ITableProps<R>): React.JSX.Element {
  const [order, setOrder] = React.useState<IOrder | null>(null);
  const rows = React.useMemo(() => sorted(props.rows, props.columns, order), [props.rows, props.columns, order]);
  return (
    <Scroll label={props.label} className={props.low ? 'jp-mod-low' : undefined}>
      <table className="jp-octavo-Table" aria-label={props.label}>
        <thead>
          <tr>
            {props.picked && <th aria-label={trans.__('Picked')} className="jp-octavo-Table-pick" />}
            {props.columns.map(column => (
              <Head key={column.id} column={column} order={order} onOrder={setOrder} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <Row key={props.rowKey(row)} row={row} {...props} />
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function Head<R>(props: { column: IColumn<R>; order: IOrder | null; onOrder: (order: IOrder) => void }): React.JSX.Element {
  const { column, order } = props;
  const mine = order?.id === column.id ? order : null;
  const Caret = mine?.down ? caretDownIcon : caretUpIcon;
  return (
    <th
      scope="col"
      className={column.numeric ? 'jp-mod-numeric' : undefined}
      aria-sort={mine ? (mine.down ? 'descending' : 'ascending') : undefined}
    >
      {column.sort ? (
        <button type="button" onClick={() => props.onOrder({ id: column.id, down: mine ? !mine.down : Boolean(column.numeric) })}>
          {column.title}
          {mine && <Caret.react tag="span" />}
        </button>
      ) : (
        column.title
      )}
    </th>
  );
}

function Row<R>(props: ITableProps<R> & { row: R }): React.JSX.Element {
  const { row, onOpen, onPick } = props;
  const key = props.rowKey(row);
  const picked = props.picked?.includes(key) ?? false;
  const pick = (): void => onPick?.(picked ? (props.picked ?? []).filter(one => one !== key) : [...(props.picked ?? []), key]);
  return (
    <tr
      className={`${onOpen ? 'jp-mod-opens' : ''}${picked ? ' jp-mod-picked' : ''}`}
      tabIndex={onOpen ? 0 : undefined}
      onClick={() => onOpen?.(row)}
      onKeyDown={event => {
        if (event.key === 'Enter' && event.target === event.currentTarget) {
          onOpen?.(row);
        }
      }}
    >
      {props.picked && (
        <td className="jp-octavo-Table-pick" onClick={event => event.stopPropagation()}>
          <input type="checkbox" checked={picked} onChange={pick} aria-label={props.pickLabel?.(row) ?? key} />
        </td>
      )}
      {props.columns.map(column => (
        <td key={column.id} className={column.numeric ? 'jp-mod-numeric' : column.wraps ? 'jp-mod-wrap' : undefined}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
}

function sorted<R>(rows: readonly R[], columns: readonly IColumn<R>[], order: IOrder | null): readonly R[] {
  const by = columns.find(column => column.id === order?.id)?.sort;
  if (!by || !order) {
    return rows;
  }
  const sign = order.down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    if (x === null || x === undefined || y === null || y === undefined) {
      return Number(x === null || x === undefined) - Number(y === null || y === undefined);
    }
    return (x < y ? -1 : x > y ? 1 : 0) * sign;
  });
}
