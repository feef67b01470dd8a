import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type LineageGraph = Schemas['LineageGraph'];
export type LineageEdge = Schemas['LineageEdge'];
export type LineageNode = Schemas['LineageNode'];

/** The graph around one node, named `kind:project/name`. */
export function readLineage(requests: Requests, project: string, node: string, signal?: AbortSignal): Promise<LineageGraph> {
  return requests.send<LineageGraph>(projectPath(project, 'lineage'), { query: { node, depth: 4 }, signal });
}
