import * as React from 'react';

import type { ColumnHistory } from '../../api/features';
import { exact, metric, percent } from '../../ui/format';
import { trans } from '../../words';

const WIDTH = 480;
const HEIGHT = 120;
const STRIP = 18;
const EDGE = 2;

type Window = ColumnHistory['windows'][number];

/** How a column's values change over event time: the middle 90 % as a band, the median, missing values below. */
export function History(props: { column: ColumnHistory }): React.JSX.Element | null {
  const { column } = props;
  const { windows } = column;
  if (windows.length === 0 || windows.every(one => one.rows === 0)) {
    return null;
  }
  const label = trans.__('%1 over event time', column.name);
  const step = WIDTH / windows.length;
  return (
    <figure className="jp-octavo-Chart jp-octavo-History">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + STRIP + 4}`} role="img" aria-label={label}>
        <Band windows={windows} step={step} />
        {windows.map((one, place) => (
          <g key={place}>
            <Nulls window={one} x={place * step} width={step} />
            <rect className="jp-octavo-History-hit" x={place * step} y={0} width={step} height={HEIGHT + STRIP + 4}>
              <title>{described(one)}</title>
            </rect>
          </g>
        ))}
      </svg>
      <figcaption>
        <span>{day(windows[0]?.start)}</span>
        <span>{day(windows[windows.length - 1]?.end)}</span>
      </figcaption>
      <Table windows={windows} label={label} />
    </figure>
  );
}

interface IPoint {
  x: number;
  low: number;
  middle: number;
  high: number;
}

function isNumber(value: number | null | undefined): value is number {
  return typeof value === 'number';
}

function Band(props: { windows: readonly Window[]; step: number }): React.JSX.Element | null {
  const known = props.windows.flatMap(({ p05, p50, p95 }, place) => (isNumber(p05) && isNumber(p50) && isNumber(p95) ? [{ x: (place + 0.5) * props.step, low: p05, middle: p50, high: p95 }] : []));
  if (known.length === 0) {
    return null;
  }
  const bottom = Math.min(...known.map(one => one.low));
  const top = Math.max(...known.map(one => one.high));
  const y = (value: number): number => HEIGHT - EDGE - ((value - bottom) / (top - bottom || 1)) * (HEIGHT - 2 * EDGE);
  const path = (points: readonly IPoint[], height: (one: IPoint) => number): string => points.map(one => `${one.x},${y(height(one))}`).join(' ');
  return (
    <>
      <polygon className="jp-octavo-History-band" points={`${path(known, one => one.high)} ${path([...known].reverse(), one => one.low)}`} />
      <polyline className="jp-octavo-History-median" points={path(known, one => one.middle)} />
      {known.length === 1 && known[0] && <circle className="jp-octavo-History-dot" cx={known[0].x} cy={y(known[0].middle)} r={4} />}
      <text className="jp-octavo-History-tick" x={4} y={12}>
        {metric(top)}
      </text>
      <text className="jp-octavo-History-tick" x={4} y={HEIGHT - 4}>
        {metric(bottom)}
      </text>
    </>
  );
}

function Nulls(props: { window: Window; x: number; width: number }): React.JSX.Element {
  const share = props.window.null_rate ?? 0;
  const height = share > 0 ? Math.max(share * STRIP, 1) : 0;
  return <rect className={props.window.rows === 0 ? 'jp-octavo-History-empty' : 'jp-octavo-History-nulls'} x={props.x + 1} width={Math.max(props.width - 2, 1)} y={HEIGHT + 4 + (props.window.rows === 0 ? STRIP - 3 : STRIP - height)} height={props.window.rows === 0 ? 3 : height} />;
}

function described(one: Window): string {
  const span = `${day(one.start)} – ${day(one.end)}`;
  if (one.rows === 0) {
    return `${span}\n${trans.__('no rows')}`;
  }
  const lines = [span, trans.__('%1 rows, %2 missing', one.rows.toLocaleString('en-US'), percent(one.null_rate))];
  if (isNumber(one.p50)) {
    lines.push(trans.__('mean %1, median %2', metric(one.mean), metric(one.p50)), trans.__('5 %: %1, 95 %: %2', metric(one.p05), metric(one.p95)));
  }
  for (const category of one.categories.slice(0, 5)) {
    lines.push(`${category.value}: ${category.count.toLocaleString('en-US')}`);
  }
  return lines.join('\n');
}

function day(at: string | undefined): string {
  return at ? exact(new Date(at)).slice(0, 10) : '';
}

/** The same as a table, for those who can't see the chart. */
function Table(props: { windows: readonly Window[]; label: string }): React.JSX.Element {
  return (
    <ul className="jp-octavo-hidden" aria-label={props.label}>
      {props.windows.map((one, place) => (
        <li key={place}>{described(one)}</li>
      ))}
    </ul>
  );
}
