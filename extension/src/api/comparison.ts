import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type Comparison = Schemas['Comparison'];
export type ComparedRun = Schemas['ComparedRun'];
export type ComparedField = Schemas['ComparedField'];
export type ComparedKind = ComparedField['kind'];
export type Curves = Schemas['Curves'];
export type Curve = Schemas['Curve'];
export type Axis = Curves['axis'];
export type ArtifactListing = Schemas['ArtifactListing'];
export type ArtifactEntry = Schemas['ArtifactEntry'];
export type RunImage = Schemas['RunImage'];
export type RunSheet = Schemas['RunSheet'];

/** Which stretch of a metric is asked for; all of it without `from` and `to`. */
export interface ICurveQuery {
  readonly run: readonly string[];
  readonly metric: string;
  readonly x: Axis;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly points: number;
}

/** Runs side by side, what differs first. */
export function compareRuns(requests: Requests, project: string, runs: readonly string[], signal?: AbortSignal): Promise<Comparison> {
  return requests.send<Comparison>(projectPath(project, 'experiments', 'compare'), { query: { run: runs }, signal });
}

/** A metric of some runs, down-sampled so that every peak shows. */
export function readCurves(requests: Requests, project: string, query: ICurveQuery, signal?: AbortSignal): Promise<Curves> {
  return requests.send<Curves>(projectPath(project, 'experiments', 'curves'), { query: { ...query }, signal });
}

/** A folder of the runs' artifacts. */
export function listArtifacts(requests: Requests, project: string, runs: readonly string[], path: string, signal?: AbortSignal): Promise<ArtifactListing> {
  return requests.send<ArtifactListing>(projectPath(project, 'experiments', 'artifacts'), { query: { run: runs, path }, signal });
}

/** An image that a run left. */
export function readImage(requests: Requests, project: string, run: string, path: string, signal?: AbortSignal): Promise<RunImage> {
  return requests.send<RunImage>(projectPath(project, 'experiments', 'runs', run, 'artifact-image'), { query: { path }, signal });
}

/** The head of a table or of a text that a run left. */
export function readSheet(requests: Requests, project: string, run: string, path: string, signal?: AbortSignal): Promise<RunSheet> {
  return requests.send<RunSheet>(projectPath(project, 'experiments', 'runs', run, 'artifact-table'), { query: { path }, signal });
}
