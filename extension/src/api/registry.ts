import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type ModelList = Schemas['ModelList'];
export type Model = Schemas['Model'];
export type ModelDetail = Schemas['ModelDetail'];
export type ModelVersion = Schemas['ModelVersion'];
export type ModelVersionDetail = Schemas['ModelVersionDetail'];
export type RegistrationDraft = Schemas['RegistrationDraft'];
export type RegisterRequest = Schemas['RegisterRequest'];
export type Registration = Schemas['Registration'];
export type RegistrationList = Schemas['RegistrationList'];
export type AliasHistory = Schemas['AliasHistory'];
export type AliasMove = Schemas['AliasMove'];
export type AliasRequest = Schemas['AliasRequest'];
export type ModelVerification = Schemas['Verification'];

/** The models of a project, the last changed first. */
export function listModels(requests: Requests, project: string, signal?: AbortSignal): Promise<ModelList> {
  return requests.send<ModelList>(projectPath(project, 'models'), { signal });
}

/** What registering a run's model would look like. */
export function draftModel(requests: Requests, project: string, query: { run_id: string; name?: string; model_id?: string }, signal?: AbortSignal): Promise<RegistrationDraft> {
  return requests.send<RegistrationDraft>(projectPath(project, 'models', 'draft'), { query, signal });
}

/** Ask for a run's model to be registered; answers at once, the work goes on. */
export function registerModel(requests: Requests, project: string, name: string, body: RegisterRequest): Promise<Registration> {
  return requests.send<Registration>(projectPath(project, 'models', name, 'registrations'), { method: 'POST', body });
}

/** The newest registrations of a project. */
export function listRegistrations(requests: Requests, project: string, signal?: AbortSignal): Promise<RegistrationList> {
  return requests.send<RegistrationList>(projectPath(project, 'registrations'), { signal });
}

/** How far a registration is. */
export function readRegistration(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<Registration> {
  return requests.send<Registration>(projectPath(project, 'registrations', id), { signal });
}

/** Stop a registration before it signs. */
export function cancelRegistration(requests: Requests, project: string, id: string): Promise<Registration> {
  return requests.send<Registration>(projectPath(project, 'registrations', id, 'cancel'), { method: 'POST' });
}

/** A model with its versions. */
export function readModel(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<ModelDetail> {
  return requests.send<ModelDetail>(projectPath(project, 'models', name), { signal });
}

/** Everything about one version. */
export function readVersion(requests: Requests, project: string, name: string, version: number, signal?: AbortSignal): Promise<ModelVersionDetail> {
  return requests.send<ModelVersionDetail>(projectPath(project, 'models', name, 'versions', version), { signal });
}

/** Check a version's stored bytes and signature anew. */
export function verifyVersion(requests: Requests, project: string, name: string, version: number): Promise<ModelVerification> {
  return requests.send<ModelVerification>(projectPath(project, 'models', name, 'versions', version, 'verify'), { method: 'POST' });
}

/** The moves of a model's aliases, of one alias where it is named; older ones from a cursor on. */
export function listAliases(requests: Requests, project: string, name: string, query: { alias?: string; cursor?: string } = {}, signal?: AbortSignal): Promise<AliasHistory> {
  return requests.send<AliasHistory>(projectPath(project, 'models', name, 'aliases'), { query, signal });
}

/** Let an alias point to a version. */
export function moveAlias(requests: Requests, project: string, name: string, alias: string, body: AliasRequest): Promise<AliasMove> {
  return requests.send<AliasMove>(projectPath(project, 'models', name, 'aliases', alias), { method: 'PUT', body });
}
