import * as React from 'react';

import type { IScale, Span } from './scale';
import { moved, zoomed } from './scale';

const ZOOM = 0.5;
const WHEEL = 0.0015;
/** Pixels that a pointer must go before it picks a stretch. */
const SMALLEST = 4;
const STEP = 0.25;

/** What of the axis is shown, and how that is changed. */
export interface IZoom {
  readonly view: Span;
  readonly whole: Span;
  readonly scale: IScale;
  /** Show a stretch; null shows all. */
  readonly onView: (view: Span | null) => void;
  /** Point at a place; null points at none. */
  readonly onPoint: (x: number | null) => void;
  /** Go to the next (1) or the previous (-1) value. */
  readonly onStep: (way: 1 | -1) => void;
}

/** What a chart puts on its drawing. */
export interface IZoomHandlers {
  /** The stretch that is being picked, in places of the drawing. */
  readonly picking: Span | null;
  readonly props: {
    readonly onPointerDown: (event: React.PointerEvent<SVGSVGElement>) => void;
    readonly onPointerMove: (event: React.PointerEvent<SVGSVGElement>) => void;
    readonly onPointerUp: (event: React.PointerEvent<SVGSVGElement>) => void;
    readonly onPointerLeave: () => void;
    readonly onDoubleClick: () => void;
    readonly onKeyDown: (event: React.KeyboardEvent) => void;
  };
}

interface IDrag {
  readonly from: number;
  readonly view: Span;
  readonly pans: boolean;
}

/** Dragging picks a stretch, with Shift it moves; the wheel zooms where the chart has the focus; keys do all of it. */
export function useZoom(svg: React.RefObject<SVGSVGElement | null>, width: number, zoom: IZoom): IZoomHandlers {
  const drag = React.useRef<IDrag | null>(null);
  const [picking, pick] = React.useState<Span | null>(null);
  const place = (event: { clientX: number }): number => {
    const box = svg.current?.getBoundingClientRect();
    return box && box.width > 0 ? ((event.clientX - box.left) / box.width) * width : 0;
  };
  useWheel(svg, zoom, place);
  const release = (event: React.PointerEvent<SVGSVGElement>): void => {
    const begun = drag.current;
    drag.current = null;
    pick(null);
    const end = place(event);
    if (begun && !begun.pans && Math.abs(end - begun.from) >= SMALLEST) {
      const ends = [zoom.scale.value(begun.from), zoom.scale.value(end)].sort((a, b) => a - b) as [number, number];
      zoom.onView([Math.max(ends[0], zoom.whole[0]), Math.min(ends[1], zoom.whole[1])]);
    }
  };
  return {
    picking,
    props: {
      onPointerDown: event => {
        if (event.button === 0) {
          drag.current = { from: place(event), view: zoom.view, pans: event.shiftKey };
          svg.current?.setPointerCapture?.(event.pointerId);
          svg.current?.focus();
        }
      },
      onPointerMove: event => {
        const begun = drag.current;
        if (!begun) {
          zoom.onPoint(zoom.scale.value(place(event)));
        } else if (begun.pans) {
          const way = zoom.scale.value(begun.from) - zoom.scale.value(place(event));
          zoom.onView(moved(begun.view, way / (begun.view[1] - begun.view[0] || 1), zoom.whole));
        } else {
          pick([begun.from, place(event)]);
        }
      },
      onPointerUp: release,
      onPointerLeave: () => zoom.onPoint(null),
      onDoubleClick: () => zoom.onView(null),
      onKeyDown: event => onKey(event, zoom)
    }
  };
}

function onKey(event: React.KeyboardEvent, zoom: IZoom): void {
  const { view, whole } = zoom;
  const middle = view[0] / 2 + view[1] / 2;
  const keys: Record<string, () => void> = {
    '+': () => zoom.onView(zoomed(view, middle, ZOOM, whole)),
    '=': () => zoom.onView(zoomed(view, middle, ZOOM, whole)),
    '-': () => zoom.onView(zoomed(view, middle, 1 / ZOOM, whole)),
    0: () => zoom.onView(null),
    Home: () => zoom.onView(null),
    Escape: () => zoom.onPoint(null),
    ArrowLeft: () => (event.shiftKey ? zoom.onView(moved(view, -STEP, whole)) : zoom.onStep(-1)),
    ArrowRight: () => (event.shiftKey ? zoom.onView(moved(view, STEP, whole)) : zoom.onStep(1))
  };
  const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
  if (act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }
}

/** React listens to wheels passively, which can't keep a page from scrolling. */
function useWheel(svg: React.RefObject<SVGSVGElement | null>, zoom: IZoom, place: (event: { clientX: number }) => number): void {
  const newest = React.useRef({ zoom, place });
  newest.current = { zoom, place };
  React.useEffect(() => {
    const node = svg.current;
    const turn = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey && document.activeElement !== node) {
        return;
      }
      event.preventDefault();
      const now = newest.current;
      const { view, whole, scale } = now.zoom;
      const factor = Math.exp(Math.max(Math.min(event.deltaY, 400), -400) * WHEEL);
      now.zoom.onView(zoomed(view, scale.value(now.place(event)), factor, whole));
    };
    node?.addEventListener('wheel', turn, { passive: false });
    return () => node?.removeEventListener('wheel', turn);
  }, [svg]);
}
