import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Deployment = Schemas['Deployment'];
export type DeploymentDetail = Schemas['DeploymentDetail'];
export type DeploymentList = Schemas['DeploymentList'];
export type DeploymentRequest = Schemas['DeploymentRequest'];
export type DeploymentRequestBody = Schemas['DeploymentRequestBody'];
export type DeploymentRequestList = Schemas['DeploymentRequestList'];
export type TrafficShare = Schemas['TrafficShare'];
export type TrafficPlan = Schemas['TrafficPlan'];
export type Objectives = Schemas['Objectives'];
export type RateLimit = Schemas['RateLimit'];
export type Judgement = Schemas['Judgement'];
export type RolloutEvent = Schemas['RolloutEvent'];
export type RolloutEventList = Schemas['RolloutEventList'];
export type Evidence = Schemas['Evidence'];
export type Replay = Schemas['octavo__records__evidence__Replay'];
export type SegmentDifference = Schemas['SegmentDifference'];
export type DeploymentReview = Schemas['ReviewBody'];
export type Rollout = Schemas['Rollout'];
export type SignatureColumn = Schemas['SignatureColumn'];
export type InvocationAnswer = Schemas['InvocationAnswer'];

/** One row to score. */
export type Row = Record<string, string | number | boolean | null>;

/** The deployments of a project. */
export function listDeployments(requests: Requests, project: string, signal?: AbortSignal): Promise<DeploymentList> {
  return requests.send<DeploymentList>(projectPath(project, 'deployments'), { signal });
}

/** One deployment with its history. */
export function readDeployment(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<DeploymentDetail> {
  return requests.send<DeploymentDetail>(projectPath(project, 'deployments', name), { signal });
}

/** Requests, the newest first. */
export function listDeploymentRequests(requests: Requests, project: string, signal?: AbortSignal): Promise<DeploymentRequestList> {
  return requests.send<DeploymentRequestList>(projectPath(project, 'deployments', 'requests'), { signal });
}

/** One request. */
export function readDeploymentRequest(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<DeploymentRequest> {
  return requests.send<DeploymentRequest>(projectPath(project, 'deployments', 'requests', id), { signal });
}

/** Ask for a model version to go live. */
export function requestDeployment(requests: Requests, project: string, body: DeploymentRequestBody): Promise<DeploymentRequest> {
  return requests.send<DeploymentRequest>(projectPath(project, 'deployments', 'requests'), { method: 'POST', body });
}

/** Have the evidence of a pending request gathered again. */
export function gatherEvidence(requests: Requests, project: string, id: string): Promise<DeploymentRequest> {
  return requests.send<DeploymentRequest>(projectPath(project, 'deployments', 'requests', id, 'evidence'), { method: 'POST' });
}

/** Approve a request or reject it. */
export function reviewDeployment(requests: Requests, project: string, id: string, body: DeploymentReview): Promise<DeploymentRequest> {
  return requests.send<DeploymentRequest>(projectPath(project, 'deployments', 'requests', id, 'review'), { method: 'POST', body });
}

/** Move a deployment back to the version before. */
export function rollBack(requests: Requests, project: string, name: string, reason: string): Promise<Deployment> {
  return requests.send<Deployment>(projectPath(project, 'deployments', name, 'rollback'), { method: 'POST', body: { reason } });
}

/** Give a canary all of the traffic. */
export function promote(requests: Requests, project: string, name: string, reason: string): Promise<Deployment> {
  return requests.send<Deployment>(projectPath(project, 'deployments', name, 'promote'), { method: 'POST', body: { reason } });
}

/** Hold a rollout at its step. */
export function pause(requests: Requests, project: string, name: string, reason: string): Promise<Deployment> {
  return requests.send<Deployment>(projectPath(project, 'deployments', name, 'pause'), { method: 'POST', body: { reason } });
}

/** Let a held rollout go on. */
export function resume(requests: Requests, project: string, name: string, reason: string): Promise<Deployment> {
  return requests.send<Deployment>(projectPath(project, 'deployments', name, 'resume'), { method: 'POST', body: { reason } });
}

/** What happened to a deployment's traffic, the newest first. */
export function readHistory(requests: Requests, project: string, name: string, cursor?: string | null, signal?: AbortSignal): Promise<RolloutEventList> {
  return requests.send<RolloutEventList>(projectPath(project, 'deployments', name, 'history'), { query: { limit: 50, cursor }, signal });
}

/** Score rows; with `entities`, what a row leaves out is filled from the online store. */
export function invoke(requests: Requests, project: string, name: string, rows: readonly Row[], entities: readonly Row[] = []): Promise<InvocationAnswer> {
  const body = { ...(rows.length > 0 ? { dataframe_records: rows } : {}), ...(entities.length > 0 ? { entities } : {}) };
  return requests.send<InvocationAnswer>(projectPath(project, 'deployments', name, 'invocations'), { method: 'POST', body });
}
