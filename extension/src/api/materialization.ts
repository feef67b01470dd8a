import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Materialization = Schemas['Materialization'];
export type MaterializationList = Schemas['MaterializationList'];
export type MaterializationPipeline = Schemas['MaterializationPipeline'];
export type MaterializationPipelineList = Schemas['MaterializationPipelineList'];
export type MaterializationPlan = Schemas['MaterializationPlan'];
export type MaterializationRequest = Schemas['MaterializationRequest'];
export type MaterializationSchedule = Schemas['MaterializationSchedule'];
export type MaterializationScheduleRequest = Schemas['MaterializationScheduleRequest'];
export type MaterializationState = Schemas['MaterializationState'];
export type FreshnessExpectation = Schemas['FreshnessExpectationRequest'];
export type ViewMaterialization = Schemas['ViewMaterialization'];

const path = (project: string, ...parts: string[]): string => projectPath(project, 'features', 'materialization', ...parts);

/** What is materialised in a project, by name. */
export function listMaterialized(requests: Requests, project: string, signal?: AbortSignal): Promise<MaterializationPipelineList> {
  return requests.send<MaterializationPipelineList>(path(project, 'pipelines'), { signal });
}

/** How fresh a view is, what is expected of it and what comes next. */
export function readViewMaterialization(requests: Requests, project: string, view: string, signal?: AbortSignal): Promise<ViewMaterialization> {
  return requests.send<ViewMaterialization>(path(project, 'views', view), { signal });
}

/** Say how old a view's data may become. */
export function setExpectation(requests: Requests, project: string, view: string, body: FreshnessExpectation): Promise<ViewMaterialization> {
  return requests.send<ViewMaterialization>(path(project, 'views', view, 'expectation'), { method: 'PUT', body });
}

/** Expect nothing of a view any more. */
export function removeExpectation(requests: Requests, project: string, view: string): Promise<void> {
  return requests.send<void>(path(project, 'views', view, 'expectation'), { method: 'DELETE' });
}

/** What a materialisation would do and cost; changes nothing. */
export function planMaterialization(requests: Requests, project: string, body: MaterializationRequest, signal?: AbortSignal): Promise<MaterializationPlan> {
  return requests.send<MaterializationPlan>(path(project, 'plans'), { method: 'POST', body, signal });
}

/** Load newest values into the online store. */
export function startMaterialization(requests: Requests, project: string, body: MaterializationRequest): Promise<Materialization> {
  return requests.send<Materialization>(path(project, 'jobs'), { method: 'POST', body });
}

/** The jobs of a view or service, the newest first. */
export function listMaterializations(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<MaterializationList> {
  return requests.send<MaterializationList>(path(project, 'jobs'), { query: { name }, signal });
}

/** Stop a job; windows that are done stay. */
export function cancelMaterialization(requests: Requests, project: string, id: string): Promise<Materialization> {
  return requests.send<Materialization>(path(project, 'jobs', id, 'cancel'), { method: 'POST' });
}

/** All schedules of materialisation of a project. */
export function listMaterializationSchedules(requests: Requests, project: string, signal?: AbortSignal): Promise<Schemas['MaterializationScheduleList']> {
  return requests.send<Schemas['MaterializationScheduleList']>(path(project, 'schedules'), { signal });
}

/** Materialise a view or service by the clock. */
export function createMaterializationSchedule(requests: Requests, project: string, body: MaterializationScheduleRequest): Promise<MaterializationSchedule> {
  return requests.send<MaterializationSchedule>(path(project, 'schedules'), { method: 'POST', body });
}

/** Take a schedule away; its jobs stay. */
export function deleteMaterializationSchedule(requests: Requests, project: string, id: string): Promise<void> {
  return requests.send<void>(path(project, 'schedules', id), { method: 'DELETE' });
}
