import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type ExperimentList = Schemas['ExperimentList'];
export type Experiment = Schemas['Experiment'];
export type Run = Schemas['Run'];
export type RunPage = Schemas['RunPage'];
export type RunDetail = Schemas['RunDetail'];
export type Comparison = Schemas['Comparison'];
export type ComparedField = Schemas['ComparedField'];
export type MetricSeries = Schemas['MetricSeries'];
export type RunEvent = Schemas['RunEvent'];

/** What of the runs is asked for. */
export interface IRunQuery {
  experiment?: string;
  q?: string;
  order_by?: string;
  limit?: number;
  cursor?: string;
}

/** The experiments of a project, the one with the newest run first. */
export function listExperiments(requests: Requests, project: string, signal?: AbortSignal): Promise<ExperimentList> {
  return requests.send<ExperimentList>(projectPath(project, 'experiments'), { signal });
}

/** A page of runs. */
export function listRuns(requests: Requests, project: string, query: IRunQuery, signal?: AbortSignal): Promise<RunPage> {
  return requests.send<RunPage>(projectPath(project, 'experiments', 'runs'), { query: { ...query }, signal });
}

/** Everything about one run. */
export function readRun(requests: Requests, project: string, run: string, signal?: AbortSignal): Promise<RunDetail> {
  return requests.send<RunDetail>(projectPath(project, 'experiments', 'runs', run), { signal });
}

/** Runs side by side, what differs first. */
export function compareRuns(requests: Requests, project: string, runs: readonly string[], signal?: AbortSignal): Promise<Comparison> {
  return requests.send<Comparison>(projectPath(project, 'experiments', 'compare'), { query: { run: runs }, signal });
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
