import type { Materialization, MaterializationState } from '../../../api/materialization';
import type { Tone } from '../../../ui/Chip';
import { trans } from '../../../words';

const TONES: Record<MaterializationState, Tone> = {
  queued: 'idle',
  running: 'live',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'idle',
  refused: 'bad'
};

/** How a job's state looks. */
export function stateTone(state: MaterializationState): Tone {
  return TONES[state];
}

/** Why there is a job, in a word or two. */
export function reasonOf(job: Materialization): string {
  const words: Record<Materialization['reason'], string> = {
    manual: trans.__('by hand'),
    backfill: trans.__('backfill'),
    schedule: trans.__('schedule'),
    push_repair: trans.__('repair of pushes')
  };
  return words[job.reason];
}

/** Write a span of days of a job, in UTC. */
export function spanOf(job: { since: string; until: string }): string {
  const day = (at: string): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');
  return `${day(job.since)} – ${day(job.until)} UTC`;
}

/** Write euro so that a little isn't nothing. */
export function cost(euro: number | null | undefined): string {
  if (euro === null || euro === undefined) {
    return '–';
  }
  return euro > 0 && euro < 0.01 ? trans.__('under 0.01 €') : `${euro.toFixed(2)} €`;
}
