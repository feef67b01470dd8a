import type { Run } from '../../api/experiments';
import type { Tone } from '../../ui/Chip';
import { money } from '../../ui/format';
import { trans } from '../../words';

const TONES: Record<Run['status'], Tone> = {
  scheduled: 'idle',
  running: 'live',
  finished: 'good',
  failed: 'bad',
  killed: 'bad'
};

/** How a run's state looks. */
export function runTone(run: Run): Tone {
  return TONES[run.status];
}

const KNOWN = [/(^|_)auc$/i, /accuracy|f1/i, /rmse|mae\b/i, /log_?loss/i, /brier/i];

/** How much a metric says: the model's own on held-out data first, what it is only compared with last. */
function weight(name: string): number {
  const known = KNOWN.findIndex(pattern => pattern.test(name));
  const aside = /^base|baseline/i.test(name) ? 200 : /^train/i.test(name) ? 100 : 0;
  return aside + (known < 0 ? 50 : known);
}

/** Pick the metrics that say most. */
export function leadingMetrics(names: readonly string[], most: number): string[] {
  return [...names].sort((a, b) => weight(a) - weight(b) || a.length - b.length || a.localeCompare(b)).slice(0, most);
}

/** Write what a run cost; an amount that would round to nothing is said to be small. */
export function runCost(euro: number | null | undefined): string {
  return euro && euro < 0.01 ? trans.__('< 0.01 €') : money(euro);
}

/** How long a run took, or has been going, in seconds. */
export function runSeconds(run: Run, now: Date): number | null {
  if (!run.started_at) {
    return null;
  }
  const end = run.ended_at ? new Date(run.ended_at) : now;
  return (end.getTime() - new Date(run.started_at).getTime()) / 1000;
}

/** A value by its name, were it `__proto__`; what the object doesn't own is not there. */
export function valueOf<T>(values: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined;
}
