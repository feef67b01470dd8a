import type { Requests } from '../request';
import type { IReviewBody } from './notebooks';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Deployment = Schemas['Deployment'];
export type DeploymentDetail = Schemas['DeploymentDetail'];
export type DeploymentList = Schemas['DeploymentList'];
export type DeploymentRequest = Schemas['DeploymentRequest'];
export type DeploymentRequestBody = Schemas['DeploymentRequestBody'];
export type DeploymentRequestList = Schemas['DeploymentRequestList'];
export type TrafficShare = Schemas['TrafficShare'];
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

/** Approve a request or reject it. */
export function reviewDeployment(requests: Requests, project: string, id: string, body: IReviewBody): Promise<DeploymentRequest> {
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

/** Score rows. */
export function invoke(requests: Requests, project: string, name: string, rows: readonly Row[]): Promise<InvocationAnswer> {
  return requests.send<InvocationAnswer>(projectPath(project, 'deployments', name, 'invocations'), {
    method: 'POST',
    body: { dataframe_records: rows }
  });
}
