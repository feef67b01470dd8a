import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Consumer = Schemas['Consumer'];
export type ConsumerDetail = Schemas['ConsumerDetail'];
export type ConsumerList = Schemas['ConsumerList'];
export type ConsumerBody = Schemas['ConsumerBody'];
export type ConsumerChangeBody = Schemas['ConsumerChangeBody'];
export type ConsumerLimits = Schemas['ConsumerLimits'];
export type ConsumerToken = Schemas['ConsumerToken'];
export type IssuedToken = Schemas['IssuedToken'];
export type QueryPattern = Schemas['QueryPattern'];
export type QueryPatternList = Schemas['QueryPatternList'];

/** The consumers whose tokens open a deployment. */
export function listConsumers(requests: Requests, project: string, deployment: string, signal?: AbortSignal): Promise<ConsumerList> {
  return requests.send<ConsumerList>(projectPath(project, 'consumers'), { query: { deployment }, signal });
}

/** One consumer with its tokens. */
export function readConsumer(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<ConsumerDetail> {
  return requests.send<ConsumerDetail>(projectPath(project, 'consumers', name), { signal });
}

/** Make a consumer. */
export function createConsumer(requests: Requests, project: string, body: ConsumerBody): Promise<Consumer> {
  return requests.send<Consumer>(projectPath(project, 'consumers'), { method: 'POST', body });
}

/** Change what a consumer may ask. */
export function changeConsumer(requests: Requests, project: string, name: string, body: ConsumerChangeBody): Promise<Consumer> {
  return requests.send<Consumer>(projectPath(project, 'consumers', name), { method: 'PATCH', body });
}

/** Revoke a consumer with all of its tokens. */
export function revokeConsumer(requests: Requests, project: string, name: string, reason: string): Promise<Consumer> {
  return requests.send<Consumer>(projectPath(project, 'consumers', name, 'revoke'), { method: 'POST', body: { reason } });
}

/** Make a token; its secret is in this answer alone. */
export function issueToken(requests: Requests, project: string, name: string, days: number, note: string): Promise<IssuedToken> {
  return requests.send<IssuedToken>(projectPath(project, 'consumers', name, 'tokens'), { method: 'POST', body: { days, note } });
}

/** Revoke one token. */
export function revokeToken(requests: Requests, project: string, name: string, id: string, reason: string): Promise<ConsumerToken> {
  return requests.send<ConsumerToken>(projectPath(project, 'consumers', name, 'tokens', id, 'revoke'), { method: 'POST', body: { reason } });
}

/** What the callers of a deployment ask, the suspicious first. */
export function listPatterns(requests: Requests, project: string, deployment: string, signal?: AbortSignal): Promise<QueryPatternList> {
  return requests.send<QueryPatternList>(projectPath(project, 'deployments', deployment, 'patterns'), { signal });
}
