import type { Deployment, DeploymentRequest, Objectives, RateLimit, Rollout, TrafficPlan } from '../api/deployments';
import type { Tone } from '../ui/Chip';
import { duration, metric, ms } from '../ui/format';
import { trans } from '../words';

const REQUEST_TONES: Record<DeploymentRequest['state'], Tone> = {
  pending: 'warn',
  approved: 'live',
  rejected: 'bad',
  expired: 'idle',
  applied: 'good',
  failed: 'bad'
};

/** Below this a rollback took no time that anybody could measure. */
const LEAST_S = 0.0005;

/** How a deployment's health looks. */
export const HEALTH_TONES: Record<Deployment['health'], Tone> = { healthy: 'good', starting: 'live', degraded: 'warn', down: 'bad' };

/** How a request's state looks. */
export function requestTone(state: DeploymentRequest['state']): Tone {
  return REQUEST_TONES[state];
}

/** Say who gets the requests: "v7 90 %, v8 10 %". */
export function shareLine(deployment: Deployment): string {
  const shares = deployment.traffic.filter(share => share.percent > 0 && share.role !== 'shadow').map(share => `v${share.version} ${share.percent} %`);
  return shares.join(', ') || trans.__('no traffic');
}

/** Say how a version takes over, in a few words. */
export function trafficWords(plan: TrafficPlan): string {
  if (plan.kind === 'direct') {
    return trans.__('all traffic');
  }
  if (plan.kind === 'shadow') {
    return trans.__('copies of %1 % of the requests', plan.shadow?.percent ?? 100);
  }
  const steps = plan.steps ?? [];
  const shares = steps.length > 0 ? trans.__('canary of %1 %', steps.map(step => step.percent).join(', ')) : trans.__('%1 % canary', plan.percent);
  return plan.shadow ? trans.__('copies first, then %1', shares) : shares;
}

/** Say each stage of a plan in a sentence, in the order in which they come. */
export function planSentences(plan: TrafficPlan): string[] {
  const bake = (one: { bake_s: number; min_requests: number }): string => trans.__('for at least %1 and %2 requests', duration(one.bake_s), metric(one.min_requests));
  const shadow = plan.shadow ? [trans.__('Copies of %1 % of the requests, read by nobody, %2.', plan.shadow.percent, bake(plan.shadow))] : [];
  if (plan.kind === 'direct') {
    return [trans.__('All requests as soon as it is ready.')];
  }
  if (plan.kind === 'shadow') {
    return [...shadow, trans.__('A person promotes it or ends it.')];
  }
  const stages = plan.steps ?? [];
  const steps = stages.map(step => trans.__('%1 % of the requests %2.', step.percent, bake(step)));
  const share = stages.length > 0 ? [] : [trans.__('%1 % of the requests until a person promotes it or rolls it back.', plan.percent)];
  const end = plan.then === 'promote' ? trans.__('Then all requests.') : trans.__('Then a person promotes it.');
  return [...shadow, ...steps, ...share, ...(stages.length > 0 ? [end] : [])];
}

/** What a deployment promises, as names and values. */
export function promiseFacts(objectives: Objectives, limit: RateLimit | null): [string, string][] {
  return [
    ...(objectives.latency_p99_ms ? ([[trans.__('Latency, 99 %'), trans.__('within %1', ms(objectives.latency_p99_ms))]] as [string, string][]) : []),
    [trans.__('Latency, 95 %'), trans.__('within %1', ms(objectives.latency_p95_ms))],
    [trans.__('Errors'), trans.__('at most %1 %', metric((objectives.error_rate ?? 0) * 100))],
    [trans.__('Drift'), trans.__('alerts above PSI %1', metric(objectives.drift_psi))],
    [trans.__('Rate limit'), limit ? trans.__('%1 requests a second, %2 at once', metric(limit.per_second), metric(limit.burst)) : trans.__('none of its own')]
  ];
}

/** Say how long a rollback took; undefined while nobody measured it. */
export function backWords(rollout: Rollout): string | undefined {
  if (rollout.state !== 'rolled_back' || rollout.rollback_s === null) {
    return undefined;
  }
  if (rollout.rollback_s < LEAST_S) {
    return rollout.automatic ? trans.__('v%1 was rolled back by itself; it answered nothing after that.', rollout.to_version) : trans.__('v%1 was rolled back by %2; it answered nothing after that.', rollout.to_version, rollout.ended_by ?? '–');
  }
  const who = rollout.automatic ? trans.__('by itself') : trans.__('by %1', rollout.ended_by ?? '–');
  return trans.__('v%1 was rolled back %2; it took %3 s until the last answer of v%1.', rollout.to_version, who, rollout.rollback_s.toFixed(rollout.rollback_s < 0.1 ? 3 : 2));
}
