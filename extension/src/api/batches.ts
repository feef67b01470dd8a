import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Batch = Schemas['Batch'];
export type BatchList = Schemas['BatchList'];
export type BatchPartition = Schemas['BatchPartition'];
export type BatchPartitionList = Schemas['BatchPartitionList'];
export type BatchPlan = Schemas['BatchPlan'];
export type BatchRequest = Schemas['BatchRequest'];

/** Batches that a model scored or scores, the newest first. */
export function listBatches(requests: Requests, project: string, model: string, signal?: AbortSignal): Promise<BatchList> {
  return requests.send<BatchList>(projectPath(project, 'batches'), { query: { model }, signal });
}

/** One batch, and how far it is. */
export function readBatch(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<Batch> {
  return requests.send<Batch>(projectPath(project, 'batches', id), { signal });
}

/** A page of a batch's partitions in their order; of one state if it is named. */
export function listPartitions(requests: Requests, project: string, id: string, state: BatchPartition['state'] | null, cursor: string, signal?: AbortSignal): Promise<BatchPartitionList> {
  const query = { ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) };
  return requests.send<BatchPartitionList>(projectPath(project, 'batches', id, 'partitions'), { query, signal });
}

/** Say what a batch would score, and with what; changes nothing. */
export function planBatch(requests: Requests, project: string, body: BatchRequest): Promise<BatchPlan> {
  return requests.send<BatchPlan>(projectPath(project, 'batches', 'plan'), { method: 'POST', body });
}

/** Score a table of the lake. */
export function startBatch(requests: Requests, project: string, body: BatchRequest): Promise<Batch> {
  return requests.send<Batch>(projectPath(project, 'batches'), { method: 'POST', body });
}

/** Cancel a batch; what it committed stays. */
export function cancelBatch(requests: Requests, project: string, id: string): Promise<Batch> {
  return requests.send<Batch>(projectPath(project, 'batches', id, 'cancel'), { method: 'POST' });
}

/** Let a batch go on: what failed is tried again. */
export function resumeBatch(requests: Requests, project: string, id: string): Promise<Batch> {
  return requests.send<Batch>(projectPath(project, 'batches', id, 'resume'), { method: 'POST' });
}
