import type { INotebookContent } from '@jupyterlab/nbformat';

import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Pipeline = Schemas['Pipeline'];
export type PipelineList = Schemas['PipelineList'];
export type PipelineRequest = Schemas['PipelineRequest'];
export type PipelineRun = Schemas['PipelineRun'];
export type PipelineRunSummary = Schemas['PipelineRunSummary'];
export type PipelineRunList = Schemas['PipelineRunList'];
export type HandOffRequest = Schemas['HandOffRequest'];
export type PipelineRunEvent = Schemas['PipelineRunEvent'];
export type RunState = Schemas['RunState'];
export type GraphStep = Schemas['GraphStep'];
export type Provenance = Schemas['Provenance'];
export type Schedule = Schemas['Schedule'];
export type ScheduleRequest = Schemas['ScheduleRequest'];

/** Values of parameters by name. */
export type Values = PipelineRun['parameters'];

/** The pipelines of a project. */
export function listPipelines(requests: Requests, project: string, signal?: AbortSignal): Promise<PipelineList> {
  return requests.send<PipelineList>(projectPath(project, 'pipelines'), { signal });
}

/** One pipeline. */
export function readPipeline(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<Pipeline> {
  return requests.send<Pipeline>(projectPath(project, 'pipelines', name), { signal });
}

/** Make a pipeline of a release, or let an existing one run a newer release. */
export function createPipeline(requests: Requests, project: string, body: PipelineRequest): Promise<Pipeline> {
  return requests.send<Pipeline>(projectPath(project, 'pipelines'), { method: 'POST', body });
}

/** Start a run now. */
export function startRun(requests: Requests, project: string, pipeline: string, parameters: Values): Promise<PipelineRun> {
  return requests.send<PipelineRun>(projectPath(project, 'pipelines', pipeline, 'runs'), { method: 'POST', body: { parameters } });
}

/** Which runs are asked for; what is empty or left out asks for nothing. Times are UTC as ISO 8601. */
export interface IRunFilter {
  readonly pipeline?: string;
  readonly state?: string;
  readonly trigger?: string;
  readonly verdict?: string;
  readonly requested_by?: string;
  readonly since?: string;
  readonly until?: string;
  /** Id of a graph's run: the runs of its steps. */
  readonly parent?: string;
}

/** A page of runs, the newest first; `cursor` is that of the page before. */
export function listPipelineRuns(requests: Requests, project: string, filter: IRunFilter = {}, cursor = '', signal?: AbortSignal): Promise<PipelineRunList> {
  return requests.send<PipelineRunList>(projectPath(project, 'runs'), { query: { ...filter, cursor }, signal });
}

/** One run with its evidence. */
export function readPipelineRun(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<PipelineRun> {
  return requests.send<PipelineRun>(projectPath(project, 'runs', id), { signal });
}

/** Stop a run. */
export function cancelRun(requests: Requests, project: string, id: string): Promise<PipelineRun> {
  return requests.send<PipelineRun>(projectPath(project, 'runs', id, 'cancel'), { method: 'POST' });
}

/** Go on with a graph's run from the steps that failed, with the settings it had. */
export function resumeRun(requests: Requests, project: string, id: string): Promise<PipelineRun> {
  return requests.send<PipelineRun>(projectPath(project, 'runs', id, 'resume'), { method: 'POST' });
}

/** The notebook that a release was made of, as it was submitted. */
export async function readReleaseNotebook(requests: Requests, project: string, digest: string, signal?: AbortSignal): Promise<INotebookContent> {
  const release = await requests.send<Schemas['Release']>(projectPath(project, 'notebooks', 'releases', digest), { signal });
  return requests.send<INotebookContent>(projectPath(project, 'notebooks', 'submissions', release.submission, 'notebook'), { signal });
}

/** Where the browser fetches a file of a run by itself. */
export function artifactAddress(requests: Requests, project: string, id: string, path: string): string {
  return requests.address(projectPath(project, 'runs', id, 'artifacts', ...path.split('/')));
}

/** Decide about a run whose outcome nobody knows. */
export function resolveRun(requests: Requests, project: string, id: string, body: { decision: 'retry' | 'give_up'; reason: string }): Promise<PipelineRun> {
  return requests.send<PipelineRun>(projectPath(project, 'runs', id, 'resolve'), { method: 'POST', body });
}

/** The output notebook of a run. */
export function readOutput(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<INotebookContent> {
  return requests.send<INotebookContent>(projectPath(project, 'runs', id, 'output'), { signal });
}

/** The signed statement of what ran. */
export function readProvenance(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<Provenance> {
  return requests.send<Provenance>(projectPath(project, 'runs', id, 'provenance'), { signal });
}

/** Hear what happens in a run; resolves when it is over or `signal` aborts. */
export function watchRun(requests: Requests, project: string, id: string, hear: (event: PipelineRunEvent) => void, signal: AbortSignal): Promise<void> {
  return requests.listen(
    projectPath(project, 'runs', id, 'events'),
    event => {
      if (event.name === 'done') {
        return false; // the run is over; this event carries nothing
      }
      hear(JSON.parse(event.data) as PipelineRunEvent);
      return true;
    },
    signal
  );
}

/** Run a pipeline by the clock. */
export function createSchedule(requests: Requests, project: string, pipeline: string, body: ScheduleRequest): Promise<Schedule> {
  return requests.send<Schedule>(projectPath(project, 'pipelines', pipeline, 'schedules'), { method: 'POST', body });
}

/** Take a schedule away. */
export function deleteSchedule(requests: Requests, project: string, pipeline: string, id: string): Promise<void> {
  return requests.send<void>(projectPath(project, 'pipelines', pipeline, 'schedules', id), { method: 'DELETE' });
}

/** Run a notebook of one's workspace from the top on another profile; nobody has approved it. */
export function handOff(requests: Requests, project: string, body: HandOffRequest): Promise<PipelineRun> {
  return requests.send<PipelineRun>(projectPath(project, 'runs', 'hand-off'), { method: 'POST', body });
}
