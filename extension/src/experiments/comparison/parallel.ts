import type { ComparedField } from '../../api/comparison';
import type { Span } from './scale';
import { padded, share } from './scale';

/** Axes that are shown to begin with: parameters, then metrics. */
const FIRST_PARAMS = 5;
const FIRST_METRICS = 3;
/** Groups that runs are coloured in. */
export const GROUPS = 5;

/** An upright axis: a number line, or the different texts one above the other. */
export interface IParallelAxis {
  readonly key: string;
  readonly name: string;
  readonly kind: 'param' | 'metric';
  /** Null for texts. */
  readonly span: Span | null;
  readonly texts: readonly string[];
  /** Where each run crosses it, 0 at the bottom; null for a run without a value. */
  readonly places: readonly (number | null)[];
  readonly values: readonly (number | string | null)[];
}

/** What of the axes is picked, by their keys; shares of an axis. */
export type Brushes = ReadonlyMap<string, Span>;

/** Every parameter and metric as an axis; of those without a value or a difference there is nothing to see. */
export function axesOf(fields: readonly ComparedField[]): IParallelAxis[] {
  return fields.filter(field => (field.kind === 'param' || field.kind === 'metric') && field.differs).map(axis);
}

/** The axes that are shown to begin with. */
export function firstAxes(axes: readonly IParallelAxis[], leading: (names: readonly string[], most: number) => readonly string[]): string[] {
  const params = axes.filter(one => one.kind === 'param');
  const metrics = axes.filter(one => one.kind === 'metric');
  const lead = leading(
    metrics.map(one => one.name),
    FIRST_METRICS
  );
  return [...params.slice(0, FIRST_PARAMS).map(one => one.key), ...metrics.filter(one => lead.includes(one.name)).map(one => one.key)];
}

function axis(field: ComparedField): IParallelAxis {
  const kind = field.kind === 'param' ? 'param' : 'metric';
  const values = field.values.map(value => (kind === 'metric' && typeof value === 'string' ? null : value));
  const numbers = values.map(value => (value === null || value === '' ? null : Number(value)));
  const numeric = values.every((value, index) => value === null || (value !== '' && Number.isFinite(numbers[index] ?? NaN)));
  const base = { key: `${field.kind} ${field.name}`, name: field.name, kind, values } as const;
  const there = numbers.filter((one): one is number => one !== null);
  if (numeric && there.length > 0) {
    const ends: Span = [there.reduce((a, b) => Math.min(a, b)), there.reduce((a, b) => Math.max(a, b))];
    const span = ends[0] === ends[1] ? padded(ends) : ends;
    return { ...base, span, texts: [], places: numbers.map(one => (one === null ? null : share(one, span))) };
  }
  const texts = [...new Set(values.filter(value => value !== null).map(String))].sort((a, b) => a.localeCompare(b));
  const place = new Map(texts.map((one, index) => [one, texts.length > 1 ? index / (texts.length - 1) : 0.5]));
  return { ...base, span: null, texts, places: values.map(value => (value === null ? null : (place.get(String(value)) ?? null))) };
}

/** Whether a run lies in everything that is picked. */
export function picked(axes: readonly IParallelAxis[], brushes: Brushes, run: number): boolean {
  return axes.every(one => {
    const brush = brushes.get(one.key);
    const place = one.places[run] ?? null;
    return !brush || (place !== null && place >= brush[0] - 1e-9 && place <= brush[1] + 1e-9);
  });
}

/** Runs in groups of about the same size by a metric, the lowest group first; null for a run without the metric. */
export function groupsOf(axis: IParallelAxis | undefined, runs: number): { groups: readonly (number | null)[]; ranges: readonly Span[] } {
  const values = Array.from({ length: runs }, (_, run) => {
    const value = axis?.values[run];
    return typeof value === 'number' ? value : null;
  });
  const sorted = values.filter((one): one is number => one !== null).sort((a, b) => a - b);
  const different = [...new Set(sorted)];
  const count = Math.min(GROUPS, different.length);
  const bound = (group: number): number => different[Math.min(Math.floor((group * different.length) / Math.max(count, 1)), different.length - 1)] ?? 0;
  const groups = values.map(value => {
    if (value === null) {
      return null;
    }
    let group = 0;
    while (group + 1 < count && value >= bound(group + 1)) {
      group++;
    }
    return group;
  });
  const ranges = Array.from({ length: count }, (_, group): Span => {
    const inside = values.filter((value, run) => value !== null && groups[run] === group) as number[];
    return [Math.min(...inside), Math.max(...inside)];
  });
  return { groups, ranges };
}
