import type { RunState } from '../api/pipelines';

/** Something with a beginning and an end: a run, or a step of one. */
export interface ISpan {
  readonly id: string;
  readonly label: string;
  readonly state: RunState;
  /** ISO times, UTC; null where it isn't so far. */
  readonly queuedAt: string;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
}

/** A piece of the time axis, in percent of its width. */
export interface IPiece {
  readonly left: number;
  readonly width: number;
}

/** One line of the chart. */
export interface IGanttLine {
  readonly span: ISpan;
  /** While it waited for a free place. */
  readonly waited: IPiece | null;
  /** While it ran. */
  readonly ran: IPiece | null;
}

/** A chart that is ready to be drawn. */
export interface IGantt {
  readonly lines: readonly IGanttLine[];
  readonly ticks: readonly { readonly at: Date; readonly left: number }[];
  /** Where the present is, in percent; null outside of the chart. */
  readonly now: number | null;
  /** Milliseconds between two ticks. */
  readonly step: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1000, 5000, 15_000, 30_000, MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY] as const;
const MOST_TICKS = 7;
const SHORTEST = 0.4;
const LEAST_MS = 1000;

/** Lay spans out on one axis of time: those that began first on top. */
export function gantt(spans: readonly ISpan[], now: Date): IGantt {
  const begins = spans.map(begin);
  const from = begins.reduce((least, at) => Math.min(least, at), now.getTime());
  const to = Math.max(spans.reduce((most, span) => Math.max(most, finish(span, now)), from), from + LEAST_MS);
  const place = (at: number): number => ((at - from) / (to - from)) * 100;
  const piece = (start: number, end: number): IPiece => ({ left: Math.min(place(start), 100 - SHORTEST), width: Math.max(place(end) - place(start), SHORTEST) });
  const lines = [...spans].sort((a, b) => begin(a) - begin(b)).map(span => line(span, now, piece));
  const step = STEPS.find(one => (to - from) / one <= MOST_TICKS) ?? 365 * DAY;
  return { lines, ticks: ticks(from, to, step).map(at => ({ at: new Date(at), left: place(at) })), now: now.getTime() <= to ? place(now.getTime()) : null, step };
}

function line(span: ISpan, now: Date, piece: (start: number, end: number) => IPiece): IGanttLine {
  const end = finish(span, now);
  const started = span.startedAt ? Date.parse(span.startedAt) : end;
  return {
    span,
    waited: started - begin(span) >= LEAST_MS ? piece(begin(span), started) : null,
    ran: span.startedAt ? piece(started, Math.max(end, started)) : null
  };
}

function begin(span: ISpan): number {
  return Date.parse(span.queuedAt);
}

function finish(span: ISpan, now: Date): number {
  return span.endedAt ? Date.parse(span.endedAt) : Math.max(now.getTime(), begin(span));
}

/** Round moments of the reader's own clock between two others. */
function ticks(from: number, to: number, step: number): number[] {
  const shift = new Date(from).getTimezoneOffset() * MINUTE;
  const found: number[] = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) {
    found.push(at);
  }
  return found;
}

/** Write a tick as short as its step allows. */
export function tickText(at: Date, step: number): string {
  const parts: Intl.DateTimeFormatOptions = step >= DAY ? { day: 'numeric', month: 'short' } : step >= MINUTE ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };
  return new Intl.DateTimeFormat(undefined, parts).format(at);
}
