import type { Run } from '../../api/experiments';
import type { Tone } from '../../ui/Chip';

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

const FIRST = /auc|accuracy|f1|average_precision|rmse|mae|log_?loss|brier/i;

/** Pick the metrics that say most: judged on held-out data first, then the well-known names, then the rest. */
export function leadingMetrics(names: readonly string[], most: number): string[] {
  const weight = (name: string): number => (/test|valid|holdout/i.test(name) ? 0 : 2) + (FIRST.test(name) ? 0 : 1);
  return [...names].sort((a, b) => weight(a) - weight(b) || a.localeCompare(b)).slice(0, most);
}

/** How long a run took, or has been going, in seconds. */
export function runSeconds(run: Run, now: Date): number | null {
  if (!run.started_at) {
    return null;
  }
  const end = run.ended_at ? new Date(run.ended_at) : now;
  return (end.getTime() - new Date(run.started_at).getTime()) / 1000;
}
