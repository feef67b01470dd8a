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

/** Register a run's model as the next version. */
export function registerModel(requests: Requests, project: string, name: string, body: RegisterRequest): Promise<ModelVersionDetail> {
  return requests.send<ModelVersionDetail>(projectPath(project, 'models', name, 'versions'), { method: 'POST', body });
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

/** The moves of a model's aliases. */
export function listAliases(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<AliasHistory> {
  return requests.send<AliasHistory>(projectPath(project, 'models', name, 'aliases'), { signal });
}

/** Let an alias point to a version. */
export function moveAlias(requests: Requests, project: string, name: string, alias: string, body: AliasRequest): Promise<AliasMove> {
  return requests.send<AliasMove>(projectPath(project, 'models', name, 'aliases', alias), { method: 'PUT', body });
}
