import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type AliasesOn = Schemas['AliasesOn'];
export type ChainFigure = Schemas['ChainFigure'];
export type ChainLink = Schemas['ChainLink'];
export type DifferenceList = Schemas['DifferenceList'];
export type RegistryDifference = Schemas['RegistryDifference'];
export type TagList = Schemas['TagList'];
export type VersionComparison = Schemas['VersionComparison'];
export type ComparisonSection = Schemas['ComparisonSection'];
export type VersionLineage = Schemas['VersionLineage'];
export type VersionProof = Schemas['VersionProof'];
export type VersionTag = Schemas['VersionTag'];

/** What names one version. */
export interface IVersionOf {
  readonly project: string;
  readonly name: string;
  readonly version: number;
}

function path({ project, name, version }: IVersionOf, ...segments: readonly string[]): string {
  return projectPath(project, 'models', name, 'versions', version, ...segments);
}

/** What proves a version, its signature and chain checked now. */
export function readProof(requests: Requests, of: IVersionOf, signal?: AbortSignal): Promise<VersionProof> {
  return requests.send<VersionProof>(path(of, 'proof'), { signal });
}

/** The graph around a version, ready to be drawn. */
export function readVersionLineage(requests: Requests, of: IVersionOf, signal?: AbortSignal): Promise<VersionLineage> {
  return requests.send<VersionLineage>(path(of, 'lineage'), { signal });
}

/** Where the browser fetches a version's bundle. */
export function bundleAddress(requests: Requests, of: IVersionOf): string {
  return requests.address(path(of, 'bundle'));
}

/** Where the browser fetches a bill of materials. */
export function bomAddress(requests: Requests, of: IVersionOf, kind: 'environment' | 'model'): string {
  return requests.address(path(of, 'bom', kind));
}

/** The tags of a version. */
export function listTags(requests: Requests, of: IVersionOf, signal?: AbortSignal): Promise<TagList> {
  return requests.send<TagList>(path(of, 'tags'), { signal });
}

/** Set a tag of a version. */
export function setTag(requests: Requests, of: IVersionOf, key: string, value: string): Promise<VersionTag> {
  return requests.send<VersionTag>(path(of, 'tags', key), { method: 'PUT', body: { value } });
}

/** Take a tag of a version away. */
export function removeTag(requests: Requests, of: IVersionOf, key: string): Promise<unknown> {
  return requests.send<unknown>(path(of, 'tags', key), { method: 'DELETE' });
}

/** Where each alias of a model pointed at a moment. */
export function aliasesOn(requests: Requests, project: string, name: string, at: string, signal?: AbortSignal): Promise<AliasesOn> {
  return requests.send<AliasesOn>(projectPath(project, 'models', name, 'aliases-on'), { query: { at }, signal });
}

/** Versions of one model side by side. */
export function compareVersions(requests: Requests, project: string, name: string, versions: readonly number[], signal?: AbortSignal): Promise<VersionComparison> {
  return requests.send<VersionComparison>(projectPath(project, 'models', name, 'compare'), { query: { version: versions.map(String) }, signal });
}

/** How many versions in production have a complete, verifying chain. */
export function readChain(requests: Requests, project: string, signal?: AbortSignal): Promise<ChainFigure> {
  return requests.send<ChainFigure>(projectPath(project, 'registry', 'chain'), { signal });
}

/** What was changed in MLflow past Octavo. */
export function listRegistryDifferences(requests: Requests, project: string, signal?: AbortSignal): Promise<DifferenceList> {
  return requests.send<DifferenceList>(projectPath(project, 'registry', 'differences'), { signal });
}
