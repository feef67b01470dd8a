import type { Requests } from '../request';
import type { Schedule } from './pipelines';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Graph = Schemas['Graph'];
export type Step = Schemas['Step'];
export type Plan = Schemas['Plan'];
export type PlanChange = Schemas['PlanChange'];
export type Backfill = Schemas['PipelineBackfill'];
export type BackfillList = Schemas['BackfillList'];
export type BackfillRequest = Schemas['BackfillRequest'];
export type PipelineTrigger = Schemas['PipelineTrigger'];
export type TriggerList = Schemas['TriggerList'];
export type TriggerRequest = Schemas['TriggerRequest'];

/** A pipeline as the text of a `pipeline.yaml`. */
export async function readDefinition(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<string> {
  return (await requests.send<Schemas['PipelineText']>(projectPath(project, 'pipelines', name, 'definition'), { signal })).yaml;
}

/** What applying a `pipeline.yaml` would change; nothing is changed yet. */
export function planPipeline(requests: Requests, project: string, yaml: string, signal?: AbortSignal): Promise<Plan> {
  return requests.send<Plan>(projectPath(project, 'pipelines', 'plan'), { method: 'POST', body: { yaml }, signal });
}

/** Do what a plan says; `digest` is the plan's. */
export function applyPipeline(requests: Requests, project: string, yaml: string, digest: string): Promise<Schemas['Pipeline']> {
  return requests.send<Schemas['Pipeline']>(projectPath(project, 'pipelines', 'apply'), { method: 'POST', body: { yaml, digest } });
}

/** Let a schedule's times pass by, or let it go on. */
export function pauseSchedule(requests: Requests, project: string, pipeline: string, id: string, pause: boolean): Promise<Schedule> {
  return requests.send<Schedule>(projectPath(project, 'pipelines', pipeline, 'schedules', id, pause ? 'pause' : 'resume'), { method: 'POST' });
}

/** What else starts a pipeline. */
export function listTriggers(requests: Requests, project: string, pipeline: string, signal?: AbortSignal): Promise<TriggerList> {
  return requests.send<TriggerList>(projectPath(project, 'pipelines', pipeline, 'triggers'), { signal });
}

/** Start a pipeline when data changes or another pipeline ends. */
export function createTrigger(requests: Requests, project: string, pipeline: string, body: TriggerRequest): Promise<PipelineTrigger> {
  return requests.send<PipelineTrigger>(projectPath(project, 'pipelines', pipeline, 'triggers'), { method: 'POST', body });
}

/** Take a trigger away. */
export function deleteTrigger(requests: Requests, project: string, pipeline: string, id: string): Promise<void> {
  return requests.send<void>(projectPath(project, 'pipelines', pipeline, 'triggers', id), { method: 'DELETE' });
}

/** The backfills of a pipeline, the newest first. */
export function listBackfills(requests: Requests, project: string, pipeline: string, signal?: AbortSignal): Promise<BackfillList> {
  return requests.send<BackfillList>(projectPath(project, 'pipelines', pipeline, 'backfills'), { signal });
}

/** Run a pipeline once for each day of a range. */
export function createBackfill(requests: Requests, project: string, pipeline: string, body: BackfillRequest): Promise<Backfill> {
  return requests.send<Backfill>(projectPath(project, 'pipelines', pipeline, 'backfills'), { method: 'POST', body });
}

/** Make no more runs of a backfill, and cancel those under way. */
export function cancelBackfill(requests: Requests, project: string, id: string): Promise<Backfill> {
  return requests.send<Backfill>(projectPath(project, 'backfills', id, 'cancel'), { method: 'POST' });
}
