import type { Requests } from '../request';
import { asOctavoError } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Me = Schemas['Me'];
export type CostReport = Schemas['CostReport'];
export type CostLine = Schemas['CostLine'];
export type ProfileCards = Schemas['ProfileCards'];
export type ProfileCard = Schemas['ProfileCard'];
/** The service writes fields with a default too. */
export type WorkspaceSession = Required<Schemas['Session']>;
export type BudgetRules = Schemas['BudgetRules'];
export type Notice = Schemas['Notice'];
export type QuotaLeft = Schemas['QuotaLeft'];

/** Where this workspace is, as its server half says. */
export interface IWorkspace {
  url: string;
  project: string;
  profile: string;
  session: string;
  user: string;
  dashboards: string;
  /** The folder that JupyterLab serves: relative to the person's home, whole outside it. */
  folder: string;
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

/** The workspace that this JupyterLab is, as the platform meters it; null outside a Hub's workspace. */
export async function readMine(requests: Requests, signal?: AbortSignal): Promise<WorkspaceSession | null> {
  try {
    return await requests.send<WorkspaceSession>('workspaces/mine', { signal });
  } catch (error) {
    if (asOctavoError(error).status === 404) {
      return null;
    }
    throw error;
  }
}

/** Use the one extension of the idle rule; the reason is kept in the audit trail. */
export function extendMine(requests: Requests, reason: string): Promise<WorkspaceSession> {
  return requests.send<WorkspaceSession>('workspaces/mine/extend', { method: 'POST', body: { reason } });
}

/** Ask for the end of this workspace; its files are kept. */
export function stopMine(requests: Requests, reason: 'stopped' | 'handed_off'): Promise<WorkspaceSession> {
  return requests.send<WorkspaceSession>('workspaces/mine/stop', { method: 'POST', body: { reason } });
}

/** At which steps of its budget something happens in a project, and where it stands. */
export function readBudgetRules(requests: Requests, project: string, signal?: AbortSignal): Promise<BudgetRules> {
  return requests.send<BudgetRules>(projectPath(project, 'budget', 'rules'), { signal });
}

/** The address of a cost report as CSV; of the whole platform where no project is named. */
export function costCsv(requests: Requests, project: string, span: { since?: string; until?: string }): string {
  return requests.address(project ? projectPath(project, 'cost.csv') : 'cost.csv', span);
}
