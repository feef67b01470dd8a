import * as React from 'react';

import { trans } from '../words';
import { metric } from './format';

const WIDTH = 480;
const HEIGHT = 160;
const LEFT = 60;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;

/** One line of a chart; x and y in the units of the axes. */
export interface ILine {
  name: string;
  points: readonly (readonly [number, number])[];
}

/** Props of a line chart. */
export interface ILineChartProps {
  label: string;
  lines: readonly ILine[];
  xTick: (x: number) => string;
  yTick?: (y: number) => string;
  /** Let the y axis begin at zero. */
  zero?: boolean;
}

function scale(from: readonly [number, number], to: readonly [number, number]): (value: number) => number {
  const span = from[1] - from[0] || 1;
  return value => to[0] + ((value - from[0]) / span) * (to[1] - to[0]);
}

function extent(values: readonly number[], zero: boolean): [number, number] {
  const low = Math.min(...values, ...(zero ? [0] : []));
  const high = Math.max(...values);
  return low === high ? [low - (zero ? 0 : 0.5), high + 0.5] : [low, high];
}

/** Lines over one axis, each with a dash of its own so that no colour tells them apart alone. */
export function LineChart(props: ILineChartProps): React.JSX.Element {
  const points = props.lines.flatMap(line => line.points);
  if (points.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('No values yet.')}</p>;
  }
  const xs = extent(
    points.map(point => point[0]),
    false
  );
  const ys = extent(
    points.map(point => point[1]),
    props.zero ?? false
  );
  const x = scale(xs, [LEFT, WIDTH - RIGHT]);
  const y = scale(ys, [HEIGHT - BOTTOM, TOP]);
  const yTick = props.yTick ?? metric;
  return (
    <figure className="jp-octavo-Chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
        {[ys[0], (ys[0] + ys[1]) / 2, ys[1]].map(tick => (
          <g key={tick} className="jp-octavo-Chart-grid">
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 4} textAnchor="end">
              {yTick(tick)}
            </text>
          </g>
        ))}
        {[xs[0], xs[1]].map((tick, side) => (
          <text key={side} x={x(tick)} y={HEIGHT - 6} textAnchor={side === 0 ? 'start' : 'end'}>
            {props.xTick(tick)}
          </text>
        ))}
        {props.lines.map((line, index) => (
          <g key={line.name} className={`jp-octavo-Chart-line jp-mod-series${index % 6}`}>
            <path d={line.points.map((point, n) => `${n ? 'L' : 'M'}${x(point[0])},${y(point[1])}`).join('')} />
            {line.points.length < 40 &&
              line.points.map((point, n) => (
                <circle key={n} cx={x(point[0])} cy={y(point[1])} r={2.5}>
                  <title>{`${line.name} ${props.xTick(point[0])}: ${yTick(point[1])}`}</title>
                </circle>
              ))}
          </g>
        ))}
      </svg>
      {props.lines.length > 1 && <Legend names={props.lines.map(line => line.name)} />}
    </figure>
  );
}

/** Which line is which. */
export function Legend(props: { names: readonly string[] }): React.JSX.Element {
  return (
    <figcaption className="jp-octavo-Legend">
      {props.names.map((name, index) => (
        <span key={name} className={`jp-mod-series${index % 6}`}>
          {name}
        </span>
      ))}
    </figcaption>
  );
}

/** Props of a histogram; `edges` has one more element than `counts`. */
export interface IHistogramProps {
  label: string;
  edges: readonly number[];
  counts: readonly number[];
  /** Shares to compare with, drawn as an outline. */
  baseline?: readonly number[];
}

/** How values are spread; equally wide bars, the range of each on hover. */
export function Histogram(props: IHistogramProps): React.JSX.Element {
  const total = props.counts.reduce((sum, count) => sum + count, 0) || 1;
  const shares = props.counts.map(count => count / total);
  const top = Math.max(...shares, ...(props.baseline ?? []), 1e-9);
  const width = (WIDTH - LEFT - RIGHT) / Math.max(shares.length, 1);
  const height = (share: number): number => (share / top) * (HEIGHT - TOP - BOTTOM);
  const floor = HEIGHT - BOTTOM;
  const first = props.edges[0] ?? 0;
  const last = props.edges[props.edges.length - 1] ?? 0;
  return (
    <figure className="jp-octavo-Chart">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
        <line className="jp-octavo-Chart-axis" x1={LEFT} x2={WIDTH - RIGHT} y1={floor} y2={floor} />
        <text x={LEFT - 6} y={TOP + 8} textAnchor="end">
          {`${(top * 100).toFixed(0)} %`}
        </text>
        {shares.map((share, bin) => (
          <rect key={bin} className="jp-octavo-Chart-bar" x={LEFT + bin * width + 0.5} width={Math.max(width - 1, 0.5)} y={floor - height(share)} height={height(share)}>
            <title>{`${metric(props.edges[bin])} – ${metric(props.edges[bin + 1])}: ${(share * 100).toFixed(1)} %`}</title>
          </rect>
        ))}
        {props.baseline?.map((share, bin) => (
          <rect key={`b${bin}`} className="jp-octavo-Chart-outline" x={LEFT + bin * width + 0.5} width={Math.max(width - 1, 0.5)} y={floor - height(share)} height={height(share)} />
        ))}
        <text x={LEFT} y={HEIGHT - 6}>
          {metric(first)}
        </text>
        <text x={WIDTH - RIGHT} y={HEIGHT - 6} textAnchor="end">
          {metric(last)}
        </text>
      </svg>
    </figure>
  );
}
