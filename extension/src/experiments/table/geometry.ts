/** Height of every line of the table, in CSS pixels; fixed, so that a line's place is known before it is loaded. */
export const LINE_PX = 28;
/** Height of the header, which stays in sight. */
export const HEAD_PX = 32;
/** The tallest box that every browser can scroll; more lines than fit in it share its pixels. */
export const TALLEST_PX = 15_000_000;
/** Lines that are drawn above and below what is seen, so that a scroll shows no gap. */
export const SPARE_LINES = 8;
/** Lines that go by before others are drawn: the frames between are the browser's alone, which moves what it has painted. */
export const STEP_LINES = 8;

/** Which lines are drawn, and where. */
export interface IWindow {
  /** First line that is drawn. */
  readonly first: number;
  /** One after the last line that is drawn. */
  readonly end: number;
  /** First line that is at least partly seen, or one of the few above it. */
  readonly top: number;
  /** Where line `first` is drawn, in pixels from the top of the scrolled box. */
  readonly at: number;
}

/** How tall the scrolled box is for so many lines. */
export function boxHeight(total: number): number {
  return Math.min(total * LINE_PX, TALLEST_PX);
}

/** How many pixels of lines go by for one pixel of scrolling; 1 until the lines are too many for the box. */
export function stretch(total: number, viewport: number): number {
  const full = total * LINE_PX;
  return full <= TALLEST_PX ? 1 : (full - viewport) / (TALLEST_PX - viewport);
}

/** Tell which lines are drawn when the box is scrolled to `scrollTop`, and `more` of them below for scrolls that draw none. */
export function windowAt(scrollTop: number, viewport: number, total: number, more = 0): IWindow {
  const offset = Math.max(0, scrollTop) * stretch(total, viewport);
  const top = Math.min(Math.floor(offset / LINE_PX), Math.max(total - 1, 0));
  const first = Math.max(0, top - SPARE_LINES);
  const end = Math.min(total, Math.ceil((offset + viewport) / LINE_PX) + SPARE_LINES + more);
  return { first, end, top, at: Math.max(0, scrollTop) + first * LINE_PX - offset };
}

/** Where to scroll so that `line` is seen whole; the present place when it is. */
export function scrollTo(line: number, scrollTop: number, viewport: number, total: number): number {
  const factor = stretch(total, viewport);
  const offset = scrollTop * factor;
  const start = line * LINE_PX;
  if (start < offset) {
    return start / factor;
  }
  return start + LINE_PX > offset + viewport ? (start + LINE_PX - viewport) / factor : scrollTop;
}

/** How far to scroll so that the lines seen stay where they are after `lines` came in above them. */
export function shiftBy(lines: number, viewport: number, total: number): number {
  return (lines * LINE_PX) / stretch(total, viewport);
}
