import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type ExperimentList = Schemas['ExperimentList'];
export type Experiment = Schemas['Experiment'];
export type Run = Schemas['Run'];
export type RunPage = Schemas['RunPage'];
export type RunDetail = Schemas['RunDetail'];
export type LatestMetric = Schemas['LatestMetric'];
export type RunEvent = Schemas['RunEvent'];
export type RunField = Schemas['RunField'];
export type RunFieldList = Schemas['RunFieldList'];
export type RunGroup = Schemas['RunGroup'];
export type RunGroups = Schemas['RunGroups'];
export type RunBaseline = Schemas['RunBaseline'];
export type RunView = Schemas['RunView'];
export type RunViewList = Schemas['RunViewList'];
export type RunViewRequest = Schemas['RunViewRequest'];
export type RunTagChange = Schemas['RunTagChange'];
export type RunTagResult = Schemas['RunTagResult'];
export type FilterCompletion = Schemas['FilterCompletion'];
export type FilterProblem = Schemas['FilterProblem'];
export type FilterSuggestion = Schemas['FilterSuggestion'];

/** What of the runs is asked for. */
export interface IRunQuery {
  experiment?: string;
  filter?: string;
  order_by?: string;
  offset?: number;
  limit?: number;
  /** Metrics, parameters and tags that the rows carry; the most frequent metrics when left out. */
  columns?: readonly string[];
}

function runsPath(project: string, ...more: string[]): string {
  return projectPath(project, 'experiments', 'runs', ...more);
}

function viewsPath(project: string, ...more: string[]): string {
  return projectPath(project, 'experiments', 'views', ...more);
}

/** The experiments of a project, the one with the newest run first. */
export function listExperiments(requests: Requests, project: string, signal?: AbortSignal): Promise<ExperimentList> {
  return requests.send<ExperimentList>(projectPath(project, 'experiments'), { signal });
}

/** A page of runs. */
export function listRuns(requests: Requests, project: string, query: IRunQuery, signal?: AbortSignal): Promise<RunPage> {
  const offset = query.offset ? String(query.offset) : undefined;
  return requests.send<RunPage>(runsPath(project), { query: { ...query, offset }, signal });
}

/** Everything about one run; of its metrics the first ones whose names contain the words of `search`. */
export function readRun(requests: Requests, project: string, run: string, search: string, signal?: AbortSignal): Promise<RunDetail> {
  return requests.send<RunDetail>(runsPath(project, run), { query: { search: search || undefined }, signal });
}

/** What runs can be filtered, sorted and grouped by, and shown with. */
export function listFields(requests: Requests, project: string, query: { experiment?: string; search?: string; limit?: number }, signal?: AbortSignal): Promise<RunFieldList> {
  return requests.send<RunFieldList>(runsPath(project, 'fields'), { query, signal });
}

/** The runs that match by the value of a field. */
export function groupRuns(requests: Requests, project: string, query: { experiment?: string; filter?: string; by: string; metrics?: readonly string[] }, signal?: AbortSignal): Promise<RunGroups> {
  return requests.send<RunGroups>(runsPath(project, 'groups'), { query, signal });
}

/** What may stand at a place of a filter, and what is wrong with the filter. */
export function completeFilter(requests: Requests, project: string, filter: string, at: number, signal?: AbortSignal): Promise<FilterCompletion> {
  return requests.send<FilterCompletion>(runsPath(project, 'completion'), { query: { filter, at }, signal });
}

/** Set and remove tags of many runs. */
export function tagRuns(requests: Requests, project: string, change: RunTagChange): Promise<RunTagResult> {
  return requests.send<RunTagResult>(runsPath(project, 'tags'), { method: 'POST', body: change });
}

/** Compare the other runs of its experiment with this one from now on. */
export function pinBaseline(requests: Requests, project: string, run: string): Promise<RunBaseline> {
  return requests.send<RunBaseline>(runsPath(project, run, 'baseline'), { method: 'PUT' });
}

/** Compare with no run any more. */
export function unpinBaseline(requests: Requests, project: string, run: string): Promise<unknown> {
  return requests.send(runsPath(project, run, 'baseline'), { method: 'DELETE' });
}

/** The saved views of a project. */
export function listViews(requests: Requests, project: string, signal?: AbortSignal): Promise<RunViewList> {
  return requests.send<RunViewList>(viewsPath(project), { signal });
}

/** Keep a way to look at runs for everybody in the project. */
export function saveView(requests: Requests, project: string, view: RunViewRequest): Promise<RunView> {
  return requests.send<RunView>(viewsPath(project), { method: 'POST', body: view });
}

/** Change a saved view. */
export function changeView(requests: Requests, project: string, id: string, view: RunViewRequest): Promise<RunView> {
  return requests.send<RunView>(viewsPath(project, id), { method: 'PUT', body: view });
}

/** Delete a saved view. */
export function deleteView(requests: Requests, project: string, id: string): Promise<unknown> {
  return requests.send(viewsPath(project, id), { method: 'DELETE' });
}

/** Hear of every run that begins, changes or ends, until `signal` aborts. */
export function watchRuns(requests: Requests, project: string, hear: (event: RunEvent) => void, signal: AbortSignal): Promise<void> {
  return requests.listen(
    projectPath(project, 'experiments', 'events'),
    event => {
      if (event.name === 'run') {
        hear(JSON.parse(event.data) as RunEvent);
      }
      return true;
    },
    signal
  );
}
