import type { WorkspaceSession } from '../api/workspaces';
import { clock, duration, local, money } from '../ui/format';
import { trans } from '../words';

const MINUTE_MS = 60_000;
const SOON_MIN = 10;
const END_SOON_MIN = 60;

/** What will become of a workspace, in a few words, and how pressing that is. */
export interface IOutlook {
  readonly text: string;
  readonly level: 'quiet' | 'warn' | 'bad';
}

/** Minutes from now until a moment, rounded up; null for none. */
export function minutesUntil(at: string | null, now: Date): number | null {
  return at === null ? null : Math.max(0, Math.ceil((Date.parse(at) - now.getTime()) / MINUTE_MS));
}

/** Why a workspace is stopped, as the end of "stops 14:05 · …". */
export function reasonWord(reason: string | null): string {
  const words: Record<string, string> = {
    idle: trans.__('idle'),
    gpu_idle: trans.__('GPU idle'),
    quota: trans.__('quota'),
    budget: trans.__('budget'),
    longest_life: trans.__('longest life'),
    handed_off: trans.__('handed off'),
    stopped: trans.__('asked for')
  };
  return words[reason ?? ''] ?? trans.__('by the platform');
}

/** What comes next: an order to stop first, then the longest life's end, then what keeps it, then the countdown. */
export function outlook(session: WorkspaceSession, now: Date): IOutlook {
  if (session.stop_at !== null) {
    return { text: trans.__('stops %1 · %2', clock(session.stop_at), reasonWord(session.stop_reason)), level: 'bad' };
  }
  const idle = minutesUntil(session.idle_stop_at, now);
  const end = minutesUntil(session.ends_at, now);
  if (end !== null && end <= END_SOON_MIN && (idle === null || end <= idle)) {
    const text = trans.__('ends in %1 min', end);
    return { text: isAtWork(session) ? `${atWork(session)}, ${text}` : text, level: end <= SOON_MIN ? 'bad' : 'warn' };
  }
  if (idle !== null) {
    return { text: trans.__('idle stop in %1 min', idle), level: idle <= SOON_MIN ? 'warn' : 'quiet' };
  }
  return { text: atWork(session), level: 'quiet' };
}

function isAtWork(session: WorkspaceSession): boolean {
  return session.activity !== 'idle' && session.activity !== 'unknown';
}

/** What keeps a workspace from being idle. */
export function atWork(session: WorkspaceSession): string {
  const words: Record<WorkspaceSession['activity'], string> = {
    cell: trans.__('cell running'),
    terminal: trans.__('terminal at work'),
    gpu: trans.__('GPU at work'),
    idle: trans.__('idle'),
    unknown: trans.__('activity not known yet')
  };
  return words[session.activity];
}

/** The idle rule of the profile in words. */
export function idleRule(session: WorkspaceSession): string {
  const { idle_minutes: idle, gpu_idle_minutes: gpu } = session.profile;
  const rule = trans.__('Stops after %1 min without a running cell, terminal or input', idle);
  return gpu === null ? rule : trans.__('%1; after %2 min without GPU use and running cell', rule, gpu);
}

/** All that the countdown leaves out, with exact times in the reader's zone. */
export function details(session: WorkspaceSession): string {
  const times: readonly (readonly [string, string | null])[] = [
    [trans.__('Must stop: %1', ''), session.stop_at],
    [trans.__('Idle stop: %1', ''), session.idle_stop_at],
    [trans.__('Extended until: %1', ''), session.extended_until],
    [trans.__('Ends at the latest: %1', ''), session.ends_at]
  ];
  return [
    trans.__('%1 in %2', session.profile.title, session.project),
    trans.__('%1 for %2 so far, %3 an hour', money(session.cost_eur), duration(session.seconds), money(session.profile.price_eur_per_hour)),
    ...times.filter(([, at]) => at !== null).map(([label, at]) => `${label}${local(at ?? '')}`),
    trans.__('%1 left of the budget', money(session.budget_left_eur))
  ].join('\n');
}
