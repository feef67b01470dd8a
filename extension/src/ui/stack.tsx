import * as React from 'react';

import { trans } from '../words';
import { Legend } from './charts';
import type { IColumn } from './Table';
import { Table } from './Table';

const WIDTH = 480;
const HEIGHT = 180;
const LEFT = 60;
const RIGHT = 8;
const TOP = 8;
const BOTTOM = 22;
const GAP = 1;

/** One bar: what it stands for, and its parts by series. */
export interface IStack {
  readonly name: string;
  /** One value a series, in the order of the chart's series; never below 0. */
  readonly parts: readonly number[];
}

/** Props of stacked bars. */
export interface IStackChartProps {
  label: string;
  series: readonly string[];
  stacks: readonly IStack[];
  text: (value: number) => string;
  /** The last series is drawn hatched: it is no use, only its cost. */
  lastApart?: boolean;
}

/** Bars one beside the other, each divided by series; a table of the same for those who read. */
export function StackChart(props: IStackChartProps): React.JSX.Element {
  const { stacks, series, text } = props;
  const hatch = React.useId();
  if (stacks.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('No values yet.')}</p>;
  }
  const top = Math.max(...stacks.map(stack => sum(stack.parts)), 1e-9);
  const width = (WIDTH - LEFT - RIGHT) / stacks.length;
  const floor = HEIGHT - BOTTOM;
  const height = (value: number): number => (value / top) * (floor - TOP);
  const apart = props.lastApart ? series.length - 1 : -1;
  return (
    <figure className="jp-octavo-Chart jp-octavo-Stack">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={props.label}>
        <defs>
          <pattern id={hatch} className={`jp-mod-series${apart % 6}`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line x1="0" y1="0" x2="0" y2="5" />
          </pattern>
        </defs>
        {[0, top / 2, top].map(tick => (
          <g key={tick} className="jp-octavo-Chart-grid">
            <line x1={LEFT} x2={WIDTH - RIGHT} y1={floor - height(tick)} y2={floor - height(tick)} />
            <text x={LEFT - 6} y={floor - height(tick) + 4} textAnchor="end">
              {text(tick)}
            </text>
          </g>
        ))}
        {ends(stacks).map(([stack, at]) => (
          <text key={at} x={at === 0 ? LEFT : WIDTH - RIGHT} y={HEIGHT - 6} textAnchor={at === 0 ? 'start' : 'end'}>
            {stack.name}
          </text>
        ))}
        {stacks.map((stack, at) =>
          stack.parts.map((value, index) => (
            <rect
              key={`${stack.name} ${series[index]}`}
              className={`jp-mod-series${index % 6}`}
              fill={index === apart ? `url(#${hatch})` : undefined}
              x={LEFT + at * width + GAP / 2}
              width={Math.max(Math.min(width - GAP, 40), 0.5)}
              y={floor - height(sum(stack.parts.slice(0, index + 1)))}
              height={height(value)}
            >
              <title>{`${stack.name}, ${series[index]}: ${text(value)}`}</title>
            </rect>
          ))
        )}
      </svg>
      <Legend names={series} />
      <details className="jp-octavo-Stack-table">
        <summary>{trans.__('As a table')}</summary>
        <Table label={props.label} rows={stacks} rowKey={stack => stack.name} columns={columns(props)} />
      </details>
    </figure>
  );
}

function columns(props: IStackChartProps): readonly IColumn<IStack>[] {
  const values = props.series.map((title, index) => ({ id: `${index}`, title, numeric: true, cell: (stack: IStack) => props.text(stack.parts[index] ?? 0), sort: (stack: IStack) => stack.parts[index] }));
  return [{ id: 'name', title: '', cell: stack => stack.name }, ...values];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function ends(stacks: readonly IStack[]): readonly (readonly [IStack, number])[] {
  const first = stacks[0];
  const last = stacks[stacks.length - 1];
  return first && last ? [[first, 0] as const, ...(stacks.length > 1 ? [[last, stacks.length - 1] as const] : [])] : [];
}
