import * as React from 'react';

import { metric } from '../../ui/format';
import { trans } from '../../words';
import type { IParallelAxis } from '../comparison/parallel';
import type { Span } from '../comparison/scale';
import { at, roundTicks, share } from '../comparison/scale';

/** Where axes stand in their drawing. */
export const PLOT = { left: 70, right: 90, top: 34, floor: 296, height: 312 };

const TICKS = 5;
const LONGEST = 14;
const HALF_BRUSH = 9;
/** Least part of an axis that a drag picks; a shorter one picks all again. */
const SMALLEST = 0.01;
const KEY_STEP = 0.05;

/** Props of an axis. */
export interface IParallelAxisProps {
  axis: IParallelAxis;
  x: number;
  brush: Span | null;
  onBrush: (span: Span | null) => void;
}

/** An upright axis with ticks; dragging along it, or arrow keys, pick a stretch. */
export function ParallelAxis(props: IParallelAxisProps): React.JSX.Element {
  const { axis, x, brush } = props;
  const ticks = ticksOf(axis);
  const drag = useDrag(props);
  return (
    <g transform={`translate(${x.toFixed(1)},0)`} className="jp-octavo-Parallel-axis">
      <text y={PLOT.top - 16} textAnchor="middle">
        {clipped(axis.name)}
        <title>{axis.name}</title>
      </text>
      <line y1={PLOT.top} y2={PLOT.floor} />
      {ticks.map(([place, text]) => (
        <g key={place} transform={`translate(0,${down(place).toFixed(1)})`}>
          <line x1={-3} x2={3} />
          <text x={6} y={4}>
            {clipped(text)}
            <title>{text}</title>
          </text>
        </g>
      ))}
      {brush && <rect className="jp-octavo-Parallel-brush" x={-HALF_BRUSH} width={2 * HALF_BRUSH} y={down(brush[1])} height={Math.max(down(brush[0]) - down(brush[1]), 2)} />}
      <rect
        className="jp-octavo-Parallel-grip"
        x={-HALF_BRUSH}
        width={2 * HALF_BRUSH}
        y={PLOT.top}
        height={PLOT.floor - PLOT.top}
        tabIndex={0}
        role="slider"
        aria-orientation="vertical"
        aria-label={trans.__('Pick runs by %1. Up and down move the lower end, with Shift the upper one, Escape picks all.', axis.name)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round((brush?.[0] ?? 0) * 100)}
        aria-valuetext={brush ? trans.__('%1 to %2', textAt(axis, brush[0]), textAt(axis, brush[1])) : trans.__('all')}
        {...drag}
      />
    </g>
  );
}

type Handlers = Pick<React.SVGProps<SVGRectElement>, 'onPointerDown' | 'onPointerMove' | 'onPointerUp' | 'onKeyDown' | 'onDoubleClick'>;

function useDrag(props: IParallelAxisProps): Handlers {
  const from = React.useRef<number | null>(null);
  const place = (event: React.PointerEvent<SVGRectElement>): number => {
    const box = event.currentTarget.getBoundingClientRect();
    return box.height > 0 ? Math.min(Math.max((box.bottom - event.clientY) / box.height, 0), 1) : 0;
  };
  const pick = (a: number, b: number): void => props.onBrush(Math.abs(a - b) < SMALLEST ? null : [Math.min(a, b), Math.max(a, b)]);
  return {
    onPointerDown: event => {
      from.current = place(event);
      event.currentTarget.setPointerCapture?.(event.pointerId);
    },
    onPointerMove: event => {
      if (from.current !== null) {
        pick(from.current, place(event));
      }
    },
    onPointerUp: event => {
      if (from.current !== null) {
        pick(from.current, place(event));
      }
      from.current = null;
    },
    onDoubleClick: () => props.onBrush(null),
    onKeyDown: event => {
      const way = { ArrowUp: KEY_STEP, ArrowDown: -KEY_STEP }[event.key];
      const [low, high] = props.brush ?? [0, 1];
      if (way) {
        event.preventDefault();
        const span: Span = event.shiftKey ? [low, Math.min(Math.max(high + way, low), 1)] : [Math.min(Math.max(low + way, 0), high), high];
        props.onBrush(span[0] <= 0 && span[1] >= 1 ? null : span);
      } else if (event.key === 'Escape') {
        props.onBrush(null);
      }
    }
  };
}

function down(place: number): number {
  return PLOT.floor - place * (PLOT.floor - PLOT.top);
}

function ticksOf(axis: IParallelAxis): (readonly [number, string])[] {
  const span = axis.span;
  if (span) {
    return roundTicks(span, TICKS).map(tick => [share(tick, span), metric(tick)] as const);
  }
  const count = axis.texts.length;
  const every = Math.max(1, Math.ceil(count / 12));
  return axis.texts.map((text, index) => [count > 1 ? index / (count - 1) : 0.5, text] as const).filter((_, index) => index % every === 0);
}

function textAt(axis: IParallelAxis, place: number): string {
  return axis.span ? metric(at(place, axis.span)) : (axis.texts[Math.round(place * (axis.texts.length - 1))] ?? '');
}

function clipped(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
