import * as React from 'react';

import type { Run } from '../../api/experiments';
import type { IWindow } from '../table/geometry';
import { HEAD_PX, LINE_PX, scrollTo, shiftBy, STEP_LINES, stretch, windowAt } from '../table/geometry';
import type { IPlace } from '../table/keys';
import { stepped } from '../table/keys';
import type { ILinePoint, IRunTableProps, IScroller } from './RunTable';
import type { IRowFrame } from './RunTableRow';

const NOWHERE: ILinePoint = { x: 0, y: 0, field: undefined };
const PICK_PX = 32;
/** So many pixels between two frames are more than anybody reads. */
const LEAP_PX = 8 * LINE_PX;
/** Leaps one after the other after which the scroll is fast: a single one is a page or a jump. */
const LEAPS = 3;
/** The scroll has come to rest so long after its last step. */
const SETTLED_MS = 200;

interface IScrolled {
  readonly window: IWindow;
  /** Height of the lines' part of the table, in pixels. */
  readonly viewport: number;
  /** Whether it scrolls too fast for anybody to read. */
  readonly fast: boolean;
  /** Scroll so that a cell is seen. */
  readonly reveal: (place: IPlace) => void;
}

/** Follows the scroll position, and says which lines are drawn for it. */
export function useScroller(grid: React.RefObject<HTMLDivElement>, total: number, scroller: React.MutableRefObject<IScroller | null>, frame: IRowFrame): IScrolled {
  const [viewport, setViewport] = React.useState(600);
  React.useLayoutEffect(() => {
    const node = grid.current;
    if (!node) {
      return;
    }
    const measure = (): void => setViewport(height => (node.clientHeight > HEAD_PX ? node.clientHeight - HEAD_PX : height));
    const sizes = new ResizeObserver(measure);
    sizes.observe(node);
    measure();
    return () => sizes.disconnect();
  }, [grid]);
  const step = stretch(total, viewport) === 1 ? STEP_LINES : 0;
  const { top: scrollTop, fast } = useScrollPlace(grid, step * LINE_PX || 1);
  const drawn = windowAt(scrollTop, viewport, total, step);
  const seen = React.useMemo<IWindow>(() => ({ first: drawn.first, end: drawn.end, top: drawn.top, at: drawn.at }), [drawn.first, drawn.end, drawn.top, drawn.at]);
  const go = (to: number): void => {
    if (grid.current) {
      grid.current.scrollTop = to;
    }
  };
  scroller.current = {
    shift: lines => go((grid.current?.scrollTop ?? 0) + shiftBy(lines, viewport, total)),
    toTop: () => go(0)
  };
  const reveal = (place: IPlace): void => {
    if (place.line >= 0 && grid.current) {
      go(scrollTo(place.line, grid.current.scrollTop, viewport, total));
    }
    revealCell(grid.current, frame, place.cell - 1);
  };
  return { window: seen, viewport, fast, reveal };
}

interface IScrollPlace {
  readonly top: number;
  /** Whether it goes too fast for anybody to read. */
  readonly fast: boolean;
}

/** How far an element is scrolled, in steps of so many pixels, and how fast; drawn in the same frame as the scroll. */
function useScrollPlace(grid: React.RefObject<HTMLDivElement>, step: number): IScrollPlace {
  // Read once an event: to ask the page again after it was drawn would make it lay itself out twice a frame.
  const last = React.useRef({ top: 0, leaps: 0 });
  const packed = React.useSyncExternalStore(
    React.useCallback(
      notify => {
        const node = grid.current;
        let timer: number | undefined;
        const settle = (): void => {
          last.current = { ...last.current, leaps: 0 };
          notify();
        };
        const follow = (): void => {
          const top = node?.scrollTop ?? 0;
          const leaps = Math.abs(top - last.current.top) > LEAP_PX ? last.current.leaps + 1 : 0;
          last.current = { top, leaps };
          // Only then do the pinned columns need to stick, which costs a layer for each line in every frame.
          node?.toggleAttribute('data-sideways', node.scrollLeft !== 0);
          window.clearTimeout(timer);
          timer = window.setTimeout(settle, SETTLED_MS);
          notify();
        };
        node?.addEventListener('scroll', follow, { passive: true });
        return () => {
          window.clearTimeout(timer);
          node?.removeEventListener('scroll', follow);
        };
      },
      [grid]
    ),
    () => 2 * Math.floor(last.current.top / step) + (last.current.leaps >= LEAPS ? 1 : 0)
  );
  return { top: Math.floor(packed / 2) * step, fast: packed % 2 === 1 };
}

/** Scroll sideways so that a column which isn't pinned is seen beside those that are. */
function revealCell(node: HTMLDivElement | null, frame: IRowFrame, column: number): void {
  if (!node || column < frame.pins) {
    return;
  }
  const before = frame.widths.slice(0, column).reduce((sum, width) => sum + width, PICK_PX);
  const pinned = frame.widths.slice(0, frame.pins).reduce((sum, width) => sum + width, PICK_PX);
  const width = frame.widths[column] ?? 0;
  if (before - pinned < node.scrollLeft) {
    node.scrollLeft = before - pinned;
  } else if (before + width > node.scrollLeft + node.clientWidth) {
    node.scrollLeft = before + width - node.clientWidth;
  }
}

/** Where the keyboard is, and what it can reach. */
export interface IKeyboard {
  readonly place: IPlace;
  readonly setPlace: (place: IPlace) => void;
  readonly reveal: (place: IPlace) => void;
  readonly viewport: number;
}

/** The keys of a grid: arrows, Home, End, pages; Space picks, with Shift a range; Enter opens; Escape lets go. */
export function useGridKeys(props: IRunTableProps, keyboard: IKeyboard): (event: React.KeyboardEvent<HTMLDivElement>) => void {
  return event => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const extent = { lines: props.lines.total, cells: props.frame.columns.length + 1, page: Math.max(1, Math.floor(keyboard.viewport / LINE_PX) - 1) };
    const control = event.ctrlKey || event.metaKey;
    const next = stepped(event.key, control, keyboard.place, extent);
    const done = next ? move(props, keyboard, next, event.shiftKey) : press(props, keyboard, event, control);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
}

function move(props: IRunTableProps, keyboard: IKeyboard, next: IPlace, shift: boolean): boolean {
  const { place } = keyboard;
  const moves = next.line !== place.line;
  if (shift && moves && next.line >= 0) {
    props.onDeed('pickTo', next.line, undefined, { ...NOWHERE, from: place.line });
  }
  keyboard.setPlace(next);
  keyboard.reveal(next);
  return true;
}

function press(props: IRunTableProps, { place }: IKeyboard, event: React.KeyboardEvent<HTMLDivElement>, control: boolean): boolean {
  const found = place.line >= 0 ? props.lines.at(place.line) : null;
  const run = found?.kind === 'run' ? found.run : undefined;
  const field = props.frame.columns[place.cell - 1]?.field;
  const at = { ...corner(event.currentTarget), field };
  switch (event.key) {
    case 'Escape':
      return props.picked.size > 0 && (props.onClear(), true);
    case 'a':
      return control && (props.onPickAll(), true);
    case 'ContextMenu':
      return menu(props, place, run, at);
    case 'F10':
      return event.shiftKey && menu(props, place, run, at);
    case ' ':
    case 'Enter':
      return choose(props, place, run, event);
    default:
      return false;
  }
}

function choose(props: IRunTableProps, place: IPlace, run: Run | undefined, event: React.KeyboardEvent): boolean {
  const field = props.frame.columns[place.cell - 1]?.field;
  if (place.line < 0) {
    if (field) {
      props.head.sort(field);
    } else {
      props.head.pickAll();
    }
    return true;
  }
  const isGroup = props.lines.at(place.line).kind === 'group';
  const deed = isGroup ? 'group' : event.key === 'Enter' ? 'open' : event.shiftKey ? 'pickTo' : 'pick';
  props.onDeed(deed, place.line, run, NOWHERE);
  return true;
}

function menu(props: IRunTableProps, place: IPlace, run: Run | undefined, at: ILinePoint): boolean {
  if (place.line < 0 && at.field) {
    props.head.menu(at.field, at);
  } else {
    props.onDeed('menu', place.line, run, at);
  }
  return true;
}

/** Where a menu opens that the keyboard asked for: at the cell it is on. */
function corner(grid: HTMLDivElement): { x: number; y: number } {
  const id = grid.getAttribute('aria-activedescendant');
  const box = (id ? grid.ownerDocument.getElementById(id) : null)?.getBoundingClientRect() ?? grid.getBoundingClientRect();
  return { x: box.left, y: box.bottom };
}
