import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Me = Schemas['Me'];
export type CostReport = Schemas['CostReport'];
export type CostLine = Schemas['CostLine'];
export type ProfileCards = Schemas['ProfileCards'];
export type ProfileCard = Schemas['ProfileCard'];

/** Where this workspace is, as its server half says. */
export interface IWorkspace {
  url: string;
  project: string;
  profile: string;
  session: string;
  user: string;
  dashboards: string;
}

/** Who the person is, and which projects they belong to. */
export function readMe(requests: Requests, signal?: AbortSignal): Promise<Me> {
  return requests.send<Me>('me', { signal });
}

/** The profiles that may be used in a project, with what each costs and why not. */
export function listProfiles(requests: Requests, project: string, signal?: AbortSignal): Promise<ProfileCards> {
  return requests.send<ProfileCards>('profiles', { query: { project }, signal });
}

/** A project's cost; dates are ISO days in UTC. */
export function readProjectCost(requests: Requests, project: string, span: { since?: string; until?: string }, signal?: AbortSignal): Promise<CostReport> {
  return requests.send<CostReport>(projectPath(project, 'cost'), { query: span, signal });
}

/** The whole platform's cost. */
export function readCost(requests: Requests, span: { since?: string; until?: string }, signal?: AbortSignal): Promise<CostReport> {
  return requests.send<CostReport>('cost', { query: span, signal });
}
