import * as React from 'react';

import type { IHeadActions } from './components/RunTableHead';
import type { IRowFrame } from './components/RunTableRow';
import type { RunsModel } from './runsModel';
import type { IRange } from './table/columns';
import { columnOf, rangeOf } from './table/columns';
import { moved, ordered, pinned, PINNED_SHARE, resized, shown, widthOf } from './table/layout';
import { openMenu } from '../ui/menu';
import type { IMenuItem } from '../ui/menu';
import { useResource } from '../ui/states';
import { trans } from '../words';

/** Width of the column with the boxes. */
const PICK_PX = 32;
/** Pinned columns wider than this share of a common window would leave no room for the others. */
const ROOM_PX = 1100;

/** Room for a metric's difference from the baseline. */
const DELTA_PX = 46;

/** What all rows share, made anew only when the columns or their ranges change. */
export function useFrame(model: RunsModel): IRowFrame {
  const fields = useResource(model.fields).value;
  const id = React.useId();
  const { layout } = model;
  const grouped = model.lines.isGrouped;
  const compared = (useResource(model.found).value?.baselines.length ?? 0) > 0;
  return React.useMemo(() => {
    const columns = ordered(layout).map(columnOf);
    const widths = columns.map(column => widthOf(layout, column.field) + (compared && column.source === 'metric' && !layout.widths.has(column.field) ? DELTA_PX : 0));
    const ranges = columns.map(column => [column.field, column.source === 'metric' ? rangeOf(fields?.get(column.field)) : undefined] as const);
    return {
      id,
      columns,
      widths,
      pins: pinsThatFit(columns.filter(column => layout.pins.includes(column.field)).length, widths),
      ranges: new Map(ranges.filter((entry): entry is readonly [string, IRange] => entry[1] !== undefined)),
      width: widths.reduce((sum, width) => sum + width, PICK_PX),
      grouped
    };
  }, [layout, fields, id, grouped, compared]);
}

function pinsThatFit(pins: number, widths: readonly number[]): number {
  let room = ROOM_PX * PINNED_SHARE;
  return widths.slice(0, pins).filter(width => (room -= width) > 0).length;
}

/** What the heads of the columns do to the model. */
export function headActions(model: RunsModel): Omit<IHeadActions, 'pickAll'> {
  return {
    sort: field => model.sort(field),
    resize: (field, width) => model.show(resized(model.layout, field, width)),
    move: (field, before) => model.layout.columns.includes(field) && model.show(moved(model.layout, field, before)),
    menu: (field, at) => openMenu(headMenu(model, field), at)
  };
}

function headMenu(model: RunsModel, field: string): (IMenuItem | null)[] {
  const { layout } = model;
  const column = columnOf(field);
  const stays = layout.pins.includes(field);
  const unsorted = column.sorts ? undefined : trans.__('Runs can’t be sorted by this.');
  const change = (by: number): void => model.show(resized(layout, field, widthOf(layout, field) + by));
  return [
    { label: trans.__('Sort, smallest first'), refused: unsorted, onClick: () => model.sort(field, false) },
    { label: trans.__('Sort, largest first'), refused: unsorted, onClick: () => model.sort(field, true) },
    { label: trans.__('Group by %1', column.title), refused: column.source === 'metric' ? trans.__('Group by a text, not by a measured number.') : unsorted, onClick: () => model.ask({ group: field }) },
    null,
    { label: stays ? trans.__('Let it scroll') : trans.__('Keep in sight'), onClick: () => model.show(pinned(layout, field, !stays)) },
    { label: trans.__('Wider'), onClick: () => change(40) },
    { label: trans.__('Narrower'), onClick: () => change(-40) },
    { label: trans.__('Hide'), refused: layout.columns.length === 1 ? trans.__('At least one column stays.') : undefined, onClick: () => model.show(shown(layout, field, false)) }
  ];
}
