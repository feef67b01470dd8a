import type { DeploymentRequestBody, TrafficPlan } from '../api/deployments';
import { trans } from '../words';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const MOST_STEPS = 10;
const WEEK_MIN = 7 * 24 * 60;
const MOST_MS = 60_000;

/** Least characters of a sentence that a reviewer can judge. */
export const LEAST = 8;

/** How a version takes over: at once, with one share, in judged steps, or with copies alone. */
export type Takeover = 'direct' | 'canary' | 'steps' | 'shadow';

/** One line of the plan, as it is typed: percent, minutes, requests. */
export interface IStepText {
  percent: string;
  minutes: string;
  requests: string;
}

/** What is typed into the form. */
export interface IValues {
  deployment: string;
  /** A version's number, or an alias behind "@". */
  version: string;
  environment: 'dev' | 'test' | 'prod';
  profile: string;
  takeover: Takeover;
  share: string;
  steps: readonly IStepText[];
  /** Copies of requests come first; always so for a shadow. */
  shadowed: boolean;
  shadow: IStepText;
  then: 'promote' | 'wait';
  p99: string;
  p95: string;
  errors: string;
  drift: string;
  limited: boolean;
  perSecond: string;
  burst: string;
  owner: string;
  reason: string;
}

/** What a new request begins with; a version goes beside what is live already. */
export function firstValues(known: string | undefined, model: string, version: number, profile: string): IValues {
  return {
    deployment: known ?? model,
    version: String(version),
    environment: 'prod',
    profile,
    takeover: known ? 'canary' : 'direct',
    share: '10',
    steps: [
      { percent: '5', minutes: '10', requests: '100' },
      { percent: '25', minutes: '10', requests: '200' },
      { percent: '50', minutes: '10', requests: '500' }
    ],
    shadowed: false,
    shadow: { percent: '100', minutes: '10', requests: '100' },
    then: 'promote',
    p99: '',
    p95: '250',
    errors: '1',
    drift: '0.2',
    limited: false,
    perSecond: '50',
    burst: '100',
    owner: '',
    reason: ''
  };
}

function whole(text: string, least: number, most: number): boolean {
  const value = Number(text);
  return text.trim() !== '' && Number.isInteger(value) && value >= least && value <= most;
}

function between(text: string, above: number, most: number): boolean {
  return text.trim() !== '' && Number(text) > above && Number(text) <= most;
}

/** Say what is wrong with a line of the plan; undefined when nothing is. */
export function stepFault(step: IStepText, most: number): string | undefined {
  if (!whole(step.percent, 1, most)) {
    return trans.__('%1 is no share of 1 to %2 percent.', step.percent || '–', most);
  }
  if (!(step.minutes.trim() !== '' && Number(step.minutes) >= 0 && Number(step.minutes) <= WEEK_MIN)) {
    return trans.__('%1 is no time of 0 to %2 minutes.', step.minutes || '–', WEEK_MIN);
  }
  return whole(step.requests, 1, 1_000_000) ? undefined : trans.__('%1 is no number of 1 to 1,000,000 requests.', step.requests || '–');
}

function planFault(values: IValues): string | undefined {
  const shadow = values.takeover === 'shadow' || (values.takeover !== 'direct' && values.shadowed) ? stepFault(values.shadow, 100) : undefined;
  if (shadow) {
    return trans.__('Copies: %1', shadow);
  }
  if (values.takeover === 'canary') {
    return whole(values.share, 1, 50) ? undefined : trans.__('A canary takes 1 to 50 percent.');
  }
  return values.takeover === 'steps' ? stepsFault(values.steps) : undefined;
}

function stepsFault(steps: readonly IStepText[]): string | undefined {
  if (steps.length < 1 || steps.length > MOST_STEPS) {
    return trans.__('A plan has 1 to %1 steps.', MOST_STEPS);
  }
  for (const [index, step] of steps.entries()) {
    const fault = stepFault(step, 99);
    if (fault) {
      return trans.__('Step %1: %2', index + 1, fault);
    }
    if (index > 0 && Number(step.percent) <= Number(steps[index - 1]?.percent)) {
      return trans.__('Step %1: its share of %2 % has to be larger than the step’s before.', index + 1, step.percent);
    }
  }
  return undefined;
}

function promiseFault(values: IValues): string | undefined {
  if (!between(values.p95, 0, MOST_MS) || (values.p99.trim() !== '' && !between(values.p99, 0, MOST_MS))) {
    return trans.__('A latency is more than 0 and at most 60,000 milliseconds.');
  }
  if (!(values.errors.trim() !== '' && Number(values.errors) >= 0 && Number(values.errors) <= 100)) {
    return trans.__('Errors are 0 to 100 percent.');
  }
  if (!between(values.drift, 0, 10)) {
    return trans.__('Drift is more than 0 and at most 10.');
  }
  if (values.limited && !(between(values.perSecond, 0, 100_000) && whole(values.burst, 1, 1_000_000))) {
    return trans.__('A rate limit has more than 0 requests a second and a burst of 1 or more.');
  }
  return undefined;
}

/** The first thing that is wrong with the form; undefined when it can be sent. */
export function fault(values: IValues): string | undefined {
  if (!NAME.test(values.deployment)) {
    return trans.__('A deployment name has lower-case letters, digits and dashes, at most 63.');
  }
  const wrong = planFault(values) ?? promiseFault(values);
  if (wrong) {
    return wrong;
  }
  if (!values.profile) {
    return trans.__('No profile is open to you here.');
  }
  return values.reason.trim().length < LEAST ? trans.__('Say why in a sentence of at least %1 characters.', LEAST) : undefined;
}

function stepOf(step: IStepText): { percent: number; bake_s: number; min_requests: number } {
  return { percent: Number(step.percent), bake_s: Math.round(Number(step.minutes) * 60), min_requests: Number(step.requests) };
}

/** The plan that the form describes. */
export function planOf(values: IValues): TrafficPlan {
  const shadow = values.shadowed ? stepOf(values.shadow) : null;
  switch (values.takeover) {
    case 'direct':
      return { kind: 'direct', percent: 100, steps: [], shadow: null, then: 'wait' };
    case 'canary':
      return { kind: 'canary', percent: Number(values.share), steps: [], shadow, then: 'wait' };
    case 'steps':
      return { kind: 'canary', percent: 100, steps: values.steps.map(stepOf), shadow, then: values.then };
    case 'shadow':
      return { kind: 'shadow', percent: 100, steps: [], shadow: stepOf(values.shadow), then: 'wait' };
  }
}

/** The request that the form describes. */
export function bodyOf(model: string, values: IValues): DeploymentRequestBody {
  const alias = values.version.startsWith('@');
  return {
    deployment: values.deployment,
    model,
    version: alias ? null : Number(values.version),
    alias: alias ? values.version.slice(1) : null,
    environment: values.environment,
    profile: values.profile,
    traffic: planOf(values),
    objectives: { latency_p99_ms: values.p99.trim() === '' ? null : Number(values.p99), latency_p95_ms: Number(values.p95), error_rate: Number(values.errors) / 100, drift_psi: Number(values.drift) },
    rate_limit: values.limited ? { per_second: Number(values.perSecond), burst: Number(values.burst) } : null,
    owner: values.owner.trim(),
    reason: values.reason.trim()
  };
}
