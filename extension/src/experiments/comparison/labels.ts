import type { Axis, ComparedRun } from '../../api/comparison';
import { duration, metric } from '../../ui/format';
import { trans } from '../../words';
import type { Span } from './scale';

/** Farthest moment that a browser can write, milliseconds since 1970. */
const LAST_MOMENT = 8.64e15;

/** What an axis is called. */
export function axisName(axis: Axis): string {
  return { step: trans.__('Step'), time: trans.__('Time'), relative: trans.__('Time since start') }[axis];
}

/** A place on an axis in words. */
export function placeText(axis: Axis, x: number): string {
  if (axis === 'step') {
    return trans.__('step %1', metric(Math.round(x)));
  }
  if (axis === 'relative') {
    return `${x < 0 ? '−' : '+'}${duration(Math.abs(x))}`;
  }
  return Math.abs(x) <= LAST_MOMENT ? new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(x)) : metric(x);
}

/** A tick of an axis: as short as the shown stretch allows. */
export function tickText(axis: Axis, x: number, view: Span): string {
  if (axis === 'step') {
    return metric(x);
  }
  if (axis === 'relative') {
    return x === 0 ? '0' : `${x < 0 ? '−' : ''}${duration(Math.abs(x))}`;
  }
  if (Math.abs(x) > LAST_MOMENT) {
    return metric(x);
  }
  const width = view[1] - view[0];
  const parts: Intl.DateTimeFormatOptions =
    width > 3 * 86_400_000 ? { month: 'short', day: 'numeric' } : { hour: '2-digit', minute: '2-digit', ...(width < 600_000 ? { second: '2-digit' } : {}) };
  return new Intl.DateTimeFormat(undefined, parts).format(new Date(x));
}

/** The runs' names, told apart by their ids where they are the same. */
export function runLabels(runs: readonly ComparedRun[]): ReadonlyMap<string, string> {
  const names = new Map<string, number>();
  for (const run of runs) {
    names.set(run.name, (names.get(run.name) ?? 0) + 1);
  }
  return new Map(runs.map(run => [run.run_id, (names.get(run.name) ?? 0) > 1 || !run.name ? `${run.name} ${run.run_id.slice(0, 6)}`.trim() : run.name]));
}
