import type { IRunFilter, RunState } from '../api/pipelines';

/** How far back the page of runs looks; `dates`: from one day to another, `all`: without an end. */
export type Range = 'hour' | 'day' | 'week' | 'month' | 'all' | 'dates';

/** What the page of runs is asked to show; an empty text asks for nothing. */
export interface IRunsAsked {
  readonly pipeline: string;
  readonly state: '' | RunState;
  readonly trigger: string;
  readonly verdict: string;
  readonly person: string;
  readonly range: Range;
  /** Days such as 2026-01-31 in the reader's own zone, both included; used where the range is `dates`. */
  readonly from: string;
  readonly to: string;
}

/** What the page begins with: all runs of the last week. */
export const WHOLE_WEEK: IRunsAsked = { pipeline: '', state: '', trigger: '', verdict: '', person: '', range: 'week', from: '', to: '' };

const HOUR_MS = 3_600_000;
const BACK_MS: ReadonlyMap<Range, number> = new Map([
  ['hour', HOUR_MS],
  ['day', 24 * HOUR_MS],
  ['week', 7 * 24 * HOUR_MS],
  ['month', 30 * 24 * HOUR_MS]
]);
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Turn what is asked into the platform's filter as of a moment. */
export function filterOf(asked: IRunsAsked, now: Date): IRunFilter {
  const back = BACK_MS.get(asked.range);
  const dates = asked.range === 'dates';
  return {
    pipeline: asked.pipeline,
    state: asked.state,
    trigger: asked.trigger,
    verdict: asked.verdict,
    requested_by: asked.person.trim(),
    since: back ? new Date(now.getTime() - back).toISOString() : dates ? dayStart(asked.from, 0) : '',
    until: dates ? dayStart(asked.to, 1) : ''
  };
}

/** Whether anything but the range narrows the runs. */
export function narrowed(asked: IRunsAsked): boolean {
  return [asked.pipeline, asked.state, asked.trigger, asked.verdict, asked.person.trim()].some(Boolean);
}

/** Where a day begins in the reader's own zone, `more` days on; empty for what is no day. */
function dayStart(day: string, more: number): string {
  const at = DAY.test(day) ? new Date(`${day}T00:00:00`) : null;
  if (!at || Number.isNaN(at.getTime())) {
    return '';
  }
  at.setDate(at.getDate() + more);
  return at.toISOString();
}
