import type { Batch, BatchPartition, BatchPlan } from '../api/batches';
import type { ConsumerDetail, QueryPattern } from '../api/consumers';
import type { Evidence, Judgement, Rollout, RolloutEvent } from '../api/deployments';
import type { LiveFigures, LiveVersion, RequestLog } from '../api/serving';
import { AT } from './records';

export function judgement(changes: Partial<Judgement> = {}): Judgement {
  return {
    at: AT,
    verdict: 'watch',
    requests: 40,
    needed: 100,
    findings: [
      { objective: 'latency_p99_ms', label: 'Latency, 99 %', value: 12.5, limit: 50, stable: 11.5, missed: false },
      { objective: 'error_rate', label: 'Errors', value: 0.05, limit: 0.01, stable: 0, missed: true },
      { objective: 'drift_psi', label: 'Drift of scores', value: null, limit: 0.2, stable: null, missed: false }
    ],
    sentence: 'Too early to say.',
    ...changes
  };
}

export function rollout(changes: Partial<Rollout> = {}): Rollout {
  return {
    id: 'o1',
    request_id: 'q1',
    from_version: 1,
    to_version: 2,
    traffic: { kind: 'canary', percent: 100, steps: [{ percent: 10, bake_s: 600, min_requests: 100 }], shadow: null, then: 'promote' },
    state: 'canary',
    message: 'v2 takes 10 %.',
    step: 1,
    steps: 3,
    step_since: AT,
    step_until: '2026-01-01T12:10:00Z',
    judgement: judgement(),
    paused_at: null,
    paused_by: null,
    started_at: AT,
    ended_at: null,
    ended_by: null,
    automatic: false,
    rollback_s: null,
    ...changes
  };
}

export function event(changes: Partial<RolloutEvent> = {}): RolloutEvent {
  return { id: 'e1', rollout_id: 'o1', version: 2, at: AT, kind: 'started', by: 'service:worker', message: 'v2 starts.', judgement: null, ...changes };
}

export function liveVersion(changes: Partial<LiveVersion> = {}): LiveVersion {
  return {
    version: 1,
    role: 'stable',
    percent: 90,
    requests: 100,
    errors: 0,
    refused: 0,
    error_rate: 0,
    requests_per_second: 41,
    latency_p50_ms: 2,
    latency_p95_ms: 4,
    latency_p99_ms: 6,
    shadow_difference: null,
    points: [
      { at: AT, requests: 50, errors: 0, latency_p50_ms: 2, latency_p99_ms: 6 },
      { at: '2026-01-01T12:00:10Z', requests: 50, errors: 0, latency_p50_ms: null, latency_p99_ms: null }
    ],
    ...changes
  };
}

export function live(changes: Partial<LiveFigures> = {}): LiveFigures {
  return { deployment: 'late', headline: '41.0 requests a second, 99 % within 6.0 ms, none failed.', window_minutes: 60, at: AT, versions: [liveVersion()], held_back: null, shadow: null, dropped_log_rows: 0, ...changes };
}

export function evidence(changes: Partial<Evidence> = {}): Evidence {
  const scored = { version: 2, rows: 200, failures: 0, failure: null, mean_score: 0.31, latency_p50_ms: 1.2, latency_p99_ms: 3.4, load_s: 0.8, cost_micro_eur_per_1000: 4200 };
  const difference = { column: '', value: '', rows: 200, candidate: 0.31, champion: 0.3, mean_difference: 0.01, mean_absolute: 0.02, largest: 0.4 };
  return {
    state: 'complete',
    message: '200 logged requests were replayed.',
    gathered_at: AT,
    fresh_until: AT,
    digest: 'cd'.repeat(32),
    champion_version: 1,
    replay: { requests: 200, since: AT, until: AT, candidate: scored, champion: { ...scored, version: 1, mean_score: 0.3 }, psi: 0.03, overall: difference, segments: [{ ...difference, column: 'carrier', value: 'UA', rows: 40, mean_difference: -0.2 }] },
    consumers: [{ name: 'booking-site', requests: 1200, last_at: null }],
    freshness: [{ view: 'carrier_delay', newest_event_at: AT, level: 'ok', sentence: 'Its newest value is 2 h old.' }],
    alerts: [],
    stale_because: [],
    ...changes
  };
}

export function consumer(changes: Partial<ConsumerDetail> = {}): ConsumerDetail {
  return {
    name: 'booking-site',
    purpose: 'Warns of late flights.',
    owner: 'scientist',
    deployments: ['late'],
    limits: { requests_per_second: 20, burst: 40, rows_per_minute: null },
    state: 'active',
    active_tokens: 1,
    last_used_at: null,
    generation: 3,
    created_by: 'scientist',
    created_at: AT,
    tokens: [{ id: 'tok1', note: 'the web shop', state: 'active', created_by: 'scientist', created_at: AT, expires_at: AT, last_used_at: null, revoked_by: null, revoked_at: null }],
    use: [{ deployment: 'late', requests: 12, refused: 1, rows: 14, since: AT }],
    patterns: [],
    ...changes
  };
}

export function pattern(changes: Partial<QueryPattern> = {}): QueryPattern {
  return {
    deployment: 'late',
    caller: 'consumer:booking-site',
    level: 'warning',
    findings: ['grid'],
    sentence: '4,000 rows cover 5 of 6 columns evenly.',
    rows: 4000,
    distinct_rows: 4000,
    new_share: 0.99,
    even_columns: 5,
    numeric_columns: 6,
    single_change_share: 0.1,
    since: AT,
    ...changes
  };
}

export function requestLog(changes: Partial<RequestLog> = {}): RequestLog {
  return { deployment: 'late', share: 0.1, redacted: ['carrier'], keep_days: 30, generation: 2, changed_by: null, changed_at: null, files: 3, size_bytes: 2048, oldest_day: '2026-01-01', ...changes };
}


export function batch(changes: Partial<Batch> = {}): Batch {
  return {
    id: 'b1',
    project: 'flights',
    source: 'curated/flights_late',
    model: 'flights-late',
    version: 1,
    alias: 'champion',
    digest: 'a'.repeat(64),
    environment: 'prod',
    profile: 'cpu-small',
    keep: ['flight'],
    max_failures: 5,
    output: 'batches/b1',
    state: 'running',
    message: '3 of 12 partitions done, 1 failed.',
    requested_by: 'scientist',
    cancel_requested_by: null,
    created_at: AT,
    started_at: AT,
    ended_at: null,
    partitions: 12,
    done: 3,
    failed: 1,
    rows: 84_000,
    input_bytes: 2048,
    attempts: 1,
    seconds: 14,
    cost_eur: 0.02,
    manifest_digest: null,
    can_cancel: true,
    can_resume: false,
    ...changes
  };
}

export function partition(changes: Partial<BatchPartition> = {}): BatchPartition {
  return {
    number: 0,
    name: 'month=2013-01',
    state: 'done',
    files: 1,
    input_bytes: 2048,
    input_digest: 'c'.repeat(64),
    output: 'month=2013-01/part-00000.parquet',
    digest: 'd'.repeat(64),
    size: 512,
    rows: 28_000,
    seconds: 4.5,
    engine: 'onnx',
    message: '',
    remedy: '',
    tries: 1,
    committed_at: AT,
    ...changes
  };
}

export function batchPlan(changes: Partial<BatchPlan> = {}): BatchPlan {
  return {
    source: 'curated/flights_late',
    model: 'flights-late',
    version: 1,
    digest: 'a'.repeat(64),
    partitions: 12,
    files: 12,
    bytes: 2048,
    first: ['month=2013-01', 'month=2013-02'],
    profile: 'cpu-small',
    price_eur_per_hour: 0.12,
    refusal: null,
    ...changes
  };
}
