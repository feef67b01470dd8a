import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type LiveFigures = Schemas['LiveFigures'];
export type LiveVersion = Schemas['LiveVersion'];
export type HeldBack = Schemas['HeldBack'];
export type ShadowState = Schemas['ShadowState'];
export type LivePoint = Schemas['LivePoint'];
export type RequestLog = Schemas['RequestLog'];
export type RequestLogBody = Schemas['RequestLogBody'];
export type LoggedRow = Schemas['LoggedRow'];
export type LoggedRowList = Schemas['LoggedRowList'];

/** What a deployment did in the last minutes, by version. */
export function readLive(requests: Requests, project: string, deployment: string, minutes: number, signal?: AbortSignal): Promise<LiveFigures> {
  return requests.send<LiveFigures>(projectPath(project, 'deployments', deployment, 'live'), { query: { minutes }, signal });
}

/** What of a deployment's requests is kept. */
export function readRequestLog(requests: Requests, project: string, deployment: string, signal?: AbortSignal): Promise<RequestLog> {
  return requests.send<RequestLog>(projectPath(project, 'deployments', deployment, 'request-log'), { signal });
}

/** Change what is kept. */
export function changeRequestLog(requests: Requests, project: string, deployment: string, body: RequestLogBody): Promise<RequestLog> {
  return requests.send<RequestLog>(projectPath(project, 'deployments', deployment, 'request-log'), { method: 'PUT', body });
}

/** The newest kept rows. */
export function readLoggedRows(requests: Requests, project: string, deployment: string, limit: number, signal?: AbortSignal): Promise<LoggedRowList> {
  return requests.send<LoggedRowList>(projectPath(project, 'deployments', deployment, 'request-log', 'rows'), { query: { limit }, signal });
}
