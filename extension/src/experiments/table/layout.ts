import { columnOf } from './columns';

/** Which columns are shown, in which order, which of them stay in sight, and how wide they are. */
export interface ILayout {
  readonly columns: readonly string[];
  readonly pins: readonly string[];
  /** Widths in pixels that a person has chosen, by field. */
  readonly widths: ReadonlyMap<string, number>;
}

/** The narrowest that a column gets. */
export const NARROWEST_PX = 48;
/** The widest that a column gets. */
export const WIDEST_PX = 900;
/** Pinned columns take no more than this share of the table, so that the others can still be seen. */
export const PINNED_SHARE = 0.6;

/** The columns from left to right: the pinned ones, then the rest. */
export function ordered(layout: ILayout): string[] {
  const pinned = layout.pins.filter(field => layout.columns.includes(field));
  return [...pinned, ...layout.columns.filter(field => !pinned.includes(field))];
}

/** How wide a column is. */
export function widthOf(layout: ILayout, field: string): number {
  return layout.widths.get(field) ?? columnOf(field).width;
}

/** Set a column's width, within what can be read. */
export function resized(layout: ILayout, field: string, width: number): ILayout {
  const within = Math.round(Math.min(WIDEST_PX, Math.max(NARROWEST_PX, width)));
  return { ...layout, widths: new Map(layout.widths).set(field, within) };
}

/** Show a column or hide it. */
export function shown(layout: ILayout, field: string, show: boolean): ILayout {
  const columns = layout.columns.filter(one => one !== field);
  return { ...layout, columns: show ? [...columns, field] : columns, pins: show ? layout.pins : layout.pins.filter(one => one !== field) };
}

/** Keep a column in sight at the left, or let it scroll. */
export function pinned(layout: ILayout, field: string, pin: boolean): ILayout {
  const pins = layout.pins.filter(one => one !== field);
  return { ...layout, pins: pin ? [...pins, field] : pins };
}

/** Put a column before another one, or at the end; it is pinned where its neighbour is. */
export function moved(layout: ILayout, field: string, before: string | null): ILayout {
  if (field === before) {
    return layout;
  }
  const place = (fields: readonly string[]): string[] => {
    const rest = fields.filter(one => one !== field);
    const at = before === null ? -1 : rest.indexOf(before);
    return at < 0 ? [...rest, field] : [...rest.slice(0, at), field, ...rest.slice(at)];
  };
  const pin = before !== null && layout.pins.includes(before);
  return { ...layout, columns: place(layout.columns), pins: pin ? place(layout.pins) : layout.pins.filter(one => one !== field) };
}

/** Put a column one place to the left or to the right among its like. */
export function nudged(layout: ILayout, field: string, by: -1 | 1): ILayout {
  const isPinned = layout.pins.includes(field);
  const like = ordered(layout).filter(one => layout.pins.includes(one) === isPinned);
  const at = like.indexOf(field);
  const other = like[at + by];
  if (at < 0 || other === undefined) {
    return layout;
  }
  const swapped = (fields: readonly string[]): string[] => fields.map(one => (one === field ? other : one === other ? field : one));
  return { ...layout, columns: swapped(layout.columns), pins: swapped(layout.pins) };
}
