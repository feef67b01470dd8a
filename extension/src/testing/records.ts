import type { AuditEntry } from '../api/audit';
import type { DeploymentDetail, DeploymentRequest } from '../api/deployments';
import type { Run, RunPage } from '../api/experiments';
import type { FeatureView } from '../api/features';
import type { Alert } from '../api/monitoring';
import type { LintReport, Parameter, Release, Submission } from '../api/notebooks';
import type { Pipeline, PipelineRun } from '../api/pipelines';
import type { CostReport, Me, ProfileCard, WorkspaceSession } from '../api/workspaces';

/** A name that tries to be more than a name. */
export const HOSTILE = '<img src=x onerror=alert(1)>"\'{{x}}';

export const AT = '2026-01-01T12:00:00Z';
export const SHA = 'ab'.repeat(32);

export function run(changes: Partial<Run> = {}): Run {
  return {
    run_id: 'a'.repeat(32),
    name: 'gradient boosting',
    experiment_id: '1',
    experiment: 'late-arrivals',
    status: 'finished',
    owner: 'scientist',
    started_at: AT,
    ended_at: '2026-01-01T12:01:10Z',
    metrics: { auc: 0.7651, base_rate_auc: 0.5 },
    odd: {},
    params: {},
    tags: {},
    deltas: {},
    baseline: false,
    revision: 1,
    cost_eur: 0.0123,
    notebook: { path: 'flights/train.ipynb', digest: SHA, cell: null, cell_digest: null, commit: null },
    profile: 'cpu-small',
    session: null,
    pipeline_run: null,
    models: 1,
    registered: [],
    ...changes
  };
}

export function runPage(...items: Run[]): RunPage {
  return { items, next_cursor: null, total: items.length, offset: 0, metrics: ['auc', 'base_rate_auc'], baselines: [], revision: 1, stale: null, as_of: AT };
}

export function featureView(changes: Partial<FeatureView> = {}): FeatureView {
  return {
    project: 'flights',
    node: 'feature_view:flights/carrier_delay',
    key_types: { carrier: 'String' },
    online: true,
    last_used_at: AT,
    unused: false,
    uses: [],
    people: 2,
    cost: { materializations: 3, seconds: 12, cost_eur: 0.02 },
    version: 2,
    version_at: AT,
    problems: [],
    name: 'carrier_delay',
    description: 'Rolling arrival delay of the carrier.',
    owner: 'flights-data@octavo.example',
    tags: {},
    entities: ['carrier'],
    join_keys: ['carrier'],
    columns: ['carrier_delay_mean_3h'],
    ttl_seconds: 21600,
    freshness: { newest_event_at: AT, materialized_until: null, checked_at: AT, expected_seconds: 3600, expected_by: 'cadence', state: 'fresh' },
    matched: [],
    features: [
      {
        name: 'carrier_delay_mean_3h',
        dtype: 'Float64',
        description: 'Mean arrival delay over 3 hours, in minutes.',
        tags: {},
        statistics: {
          kind: 'numeric',
          rows: 100,
          nulls: 5,
          null_rate: 0.05,
          mean: 6.9,
          stddev: 34.5,
          minimum: -86,
          maximum: 1272,
          p50: -2,
          p95: 70,
          p99: 140,
          histogram: { edges: [-86, 0, 86], counts: [60, 35], below: 0, above: 0 },
          categories: [],
          other: 0,
          distinct: null
        }
      }
    ],
    services: ['flights_late'],
    source: { name: 's', path: 'curated/carrier_delay', description: '', event_column: 'event_timestamp', created_column: null, rows: 100, sha256: SHA },
    snippets: [{ title: 'As of each row', code: 'store().get_historical_features()' }],
    consumers: [],
    snapshot: SHA,
    ...changes
  };
}

export function parameter(changes: Partial<Parameter> = {}): Parameter {
  return { name: 'day', type: 'date', default: '2013-07-01', help: 'The day to score.', literal: 'text', unit: '', ...changes };
}

/** A report of lint that found nothing. */
export function lintReport(changes: Partial<LintReport> = {}): LintReport {
  return { findings: [], errors: 0, warnings: 0, environment: 'prod', left_off: 0, rules_digest: SHA, blocking: {}, ...changes };
}

export function submission(changes: Partial<Submission> = {}): Submission {
  return {
    id: 's1',
    project: 'flights',
    name: 'score',
    path: 'flights/score.ipynb',
    state: 'reviewable',
    submitted_by: 'scientist',
    submitted_at: AT,
    lint_errors: 0,
    lint_warnings: 0,
    verdict: 'identical',
    release: null,
    note: '',
    notebook_digest: SHA,
    bundle_digest: SHA,
    lint: lintReport(),
    parameters: [parameter()],
    replay_parameters: { day: '2013-07-01' },
    profile: 'cpu-small',
    environment: null,
    inputs: [],
    idempotent: true,
    tolerance: { relative: 1e-6, absolute: 1e-9 },
    replay: { state: 'done', progress: null, verdict: null, error: null, seconds: 70 },
    policy: { allowed: true, reasons: ['Two people saw it.'], digest: SHA },
    review: null,
    previous_release: null,
    may_review: true,
    may_not_review_because: '',
    ...changes
  };
}

export function release(changes: Partial<Release> = {}): Release {
  return {
    digest: SHA,
    project: 'flights',
    name: 'score',
    number: 1,
    submitted_by: 'scientist',
    approved_by: 'reviewer',
    created_at: AT,
    profile: 'cpu-small',
    verdict: 'identical',
    idempotent: true,
    submission: 's1',
    parameters: [parameter()],
    environment: { digest: SHA, python: '3.11', packages: { numpy: '2' } },
    inputs: [{ kind: 'data', name: 'curated', digest: SHA }],
    files: [{ name: 'notebook.ipynb', digest: SHA, size: 100 }],
    manifest: {},
    key_id: 'key',
    ...changes
  };
}

export function pipeline(changes: Partial<Pipeline> = {}): Pipeline {
  return {
    name: 'score',
    project: 'flights',
    title: '',
    release: SHA,
    release_name: 'score',
    release_number: 1,
    profile: 'cpu-small',
    parameters: [parameter()],
    created_by: 'scientist',
    created_at: AT,
    schedules: [],
    last_run: null,
    graph: null,
    releases: [{ step: '', digest: SHA, name: 'score', number: 1, profile: 'cpu-small' }],
    priority: 0,
    concurrency: 0,
    when_full: 'queue',
    ...changes
  };
}

export function pipelineRun(changes: Partial<PipelineRun> = {}): PipelineRun {
  return {
    id: 'r1',
    project: 'flights',
    pipeline: 'score',
    release: SHA,
    notebook: null,
    environment: 'prod',
    approved: true,
    state: 'running',
    trigger: 'manual',
    requested_by: 'scientist',
    tick: null,
    created_at: AT,
    started_at: AT,
    ended_at: null,
    verdict: null,
    cost: null,
    progress: { pass_number: 1, passes: 1, cell: 2, cells: 11, elapsed_s: 3, step: '' },
    parameters: { day: '2013-07-01' },
    profile: 'cpu-small',
    schedule: null,
    expected_s: 70,
    message: 'It runs.',
    error: null,
    attempts: [],
    comparison: null,
    inputs: [],
    inputs_changed: [],
    artifacts: [],
    output_digest: null,
    cancel_requested_by: null,
    kind: 'release',
    parent: null,
    step: '',
    item: 0,
    reuses: null,
    priority: 0,
    steps: [],
    handed: [],
    resumes: null,
    not_before: null,
    ...changes
  };
}

export function deploymentRequest(changes: Partial<DeploymentRequest> = {}): DeploymentRequest {
  return {
    id: 'q1',
    project: 'flights',
    deployment: 'late',
    model: 'late',
    version: 2,
    alias: null,
    environment: 'prod',
    profile: 'cpu-small',
    traffic: { kind: 'canary', percent: 10, steps: [], shadow: null, then: 'wait' },
    objectives: { latency_p99_ms: null, latency_p95_ms: 250, error_rate: 0.01, drift_psi: 0.2 },
    rate_limit: null,
    owner: 'scientist',
    reason: 'Better on June.',
    requested_by: 'scientist',
    requested_at: AT,
    expires_at: AT,
    state: 'pending',
    message: 'Waits for a review.',
    digest: SHA,
    model_digest: SHA,
    policy: { allowed: true, reasons: ['Nothing speaks against it.'], policy_digest: SHA },
    evidence: null,
    review: null,
    may_review: true,
    may_not_review_because: null,
    ...changes
  };
}

export function deployment(changes: Partial<DeploymentDetail> = {}): DeploymentDetail {
  return {
    project: 'flights',
    name: 'late',
    model: 'late',
    environment: 'prod',
    profile: 'cpu-small',
    objectives: { latency_p99_ms: null, latency_p95_ms: 250, error_rate: 0.01, drift_psi: 0.2 },
    rate_limit: null,
    owner: 'scientist',
    health: 'healthy',
    headline: 'v1 answers 90 %, v2 10 % as canary.',
    traffic: [
      { version: 1, percent: 90, role: 'stable', scorer: 'ready', restarts: 0, message: '' },
      { version: 2, percent: 10, role: 'canary', scorer: 'ready', restarts: 0, message: '' }
    ],
    rollout: null,
    undone: null,
    can_roll_back: true,
    rolls_back_to: 1,
    can_promote: true,
    can_pause: false,
    can_resume: false,
    inputs: [
      { name: 'distance', type: 'double', required: true },
      { name: 'carrier', type: 'string', required: true },
      { name: 'plane_delay', type: 'double', required: false }
    ],
    example: { distance: 529, carrier: 'US', plane_delay: null },
    invocations_path: '/services/octavo/api/v1/projects/flights/deployments/late/invocations',
    updated_at: AT,
    rollouts: [],
    requests: [],
    ...changes
  };
}

export function alert(changes: Partial<Alert> = {}): Alert {
  return {
    id: 'l1',
    project: 'flights',
    deployment: 'late',
    rule: 'drift',
    subject: 'carrier_delay in 2013-07',
    level: 'critical',
    message: 'carrier_delay drifted.',
    value: 0.4,
    limit: 0.2,
    opened_at: AT,
    last_seen_at: AT,
    resolved_at: null,
    acknowledged_by: null,
    acknowledged_at: null,
    acknowledgement: null,
    ...changes
  };
}

export function entry(changes: Partial<AuditEntry> = {}): AuditEntry {
  return {
    seq: 0,
    at: AT,
    actor: 'reviewer',
    actor_kind: 'person',
    action: 'notebooks.review',
    subject: 'submission:flights/s1',
    project: 'flights',
    request_id: null,
    details: { decision: 'approve' },
    ...changes
  };
}

export function me(changes: Partial<Me> = {}): Me {
  return { name: 'scientist', kind: 'person', groups: ['scientists'], platform_roles: [], projects: [{ name: 'flights', title: 'Late flights', roles: ['scientist'], refusals: {} }], ...changes };
}

function profile(): ProfileCard['profile'] {
  return {
    id: 'cpu-small',
    version: 1,
    digest: `sha256:${SHA}`,
    title: 'Small CPU',
    description: 'For notebooks.',
    resources: { cpu: 2, cpu_guarantee: 1, memory_gib: 8, memory_guarantee_gib: 4, processes: 256, gpu: 0, gpu_type: null },
    images: [],
    rates: [{ since: '2026-01-01', eur_per_hour: 0.12 }],
    price_eur_per_hour: 0.12,
    idle_minutes: 60,
    gpu_idle_minutes: null,
    extension_minutes: 60,
    longest_hours: 12,
    ready_seconds: 6,
    capacity: 'on-demand',
    node_selector: {},
    tolerations: [],
    volumes: [],
    environment: {},
    labels: {},
    audiences: [],
    environments: ['dev'],
    pipelines: true,
    published_at: AT
  };
}

export function card(changes: Partial<ProfileCard> = {}): ProfileCard {
  return {
    profile: profile(),
    available: true,
    reasons: [],
    budget_eur: 500,
    budget_left_eur: 499,
    hours_left: 4158,
    quotas: [],
    free_now: null,
    expected_wait_s: 0,
    idle_rule: 'Stops after 60 minutes without activity.',
    nearest: null,
    notes: [],
    ...changes
  };
}

/** A workspace that has run for three and a half hours and stops in 54 minutes of the clock at AT. */
export function mine(changes: Partial<WorkspaceSession> = {}): WorkspaceSession {
  return {
    id: 's1',
    person: 'scientist',
    project: 'flights',
    profile: profile(),
    image: null,
    template: null,
    state: 'running',
    position: null,
    expected_wait_s: null,
    waits_for: '',
    gpus: [],
    requested_at: '2026-01-01T08:30:00Z',
    started_at: '2026-01-01T08:30:00Z',
    metered_until: AT,
    ended_at: null,
    end_reason: null,
    seconds: 12_600,
    cost_eur: 0.42,
    budget_left_eur: 498.5,
    idle_stop_at: '2026-01-01T12:54:00Z',
    ends_at: '2026-01-01T20:30:00Z',
    stop_at: null,
    stop_reason: null,
    extension_minutes_left: 60,
    notices: [],
    hand_off_to: [],
    activity: 'idle',
    extended_until: null,
    quotas: [],
    rescue: false,
    ...changes
  };
}

/** The same on a GPU, with two profiles that it can be handed off to. */
export function gpuMine(changes: Partial<WorkspaceSession> = {}): WorkspaceSession {
  const resources = { ...profile().resources, gpu: 1, gpu_type: 'A100' };
  return mine({
    profile: { ...profile(), id: 'gpu-1', title: 'One GPU', price_eur_per_hour: 3.4, gpu_idle_minutes: 15, resources },
    hand_off_to: [
      { profile: 'cpu-small', title: 'Small CPU', digest: `sha256:${SHA}`, reason: '2 CPU and 8 GiB, no GPU.' },
      { profile: 'cpu-large', title: 'Large CPU', digest: `sha256:${SHA}`, reason: '8 CPU and 32 GiB, no GPU.' }
    ],
    ...changes
  });
}

export function cost(changes: Partial<CostReport> = {}): CostReport {
  return {
    project: 'flights',
    since: '2026-01-01',
    until: '2026-01-31',
    total_eur: 1.5,
    split: { attributed_eur: 1.1, idle_eur: 0.3, shared_eur: 0.1, unattributed_eur: 0, total_eur: 1.5 },
    today_eur: 0.42,
    budget_eur: 500,
    budget_left_eur: 498.5,
    forecast: { burn_eur_per_day: 0.42, month_eur: 13, exhausted_at: null },
    by_person: [{ name: 'scientist', hours: 3.5, cost_eur: 0.42, idle_eur: 0.12 }],
    by_project: [],
    by_team: [],
    by_profile: [],
    by_pipeline: [],
    by_deployment: [],
    by_kind: [],
    by_day: [{ name: '2026-01-01', hours: 3.5, cost_eur: 0.42, idle_eur: 0.12 }],
    days: [{ day: '2026-01-01', lines: [{ name: 'scientist', hours: 3.5, cost_eur: 0.42, idle_eur: 0.12 }] }],
    ...changes
  };
}
