import type { Requests } from '../request';
import type { LineageGraph } from './lineage';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type FeatureViewPage = Schemas['FeatureViewPage'];
export type FeatureViewSummary = Schemas['FeatureViewSummary'];
export type FeatureView = Schemas['FeatureView'];
export type Feature = Schemas['FeatureColumn'];
export type Statistics = Schemas['FeatureStatistics'];
export type Consumer = Schemas['FeatureConsumer'];
export type FeatureUse = Schemas['FeatureUse'];
export type SearchPage = Schemas['FeatureSearchPage'];
export type SearchHit = Schemas['FeatureSearchHit'];
export type SearchReason = Schemas['SearchReason'];
export type Facet = Schemas['FeatureFacet'];
export type FacetName = Facet['name'];
export type History = Schemas['FeatureHistory'];
export type ColumnHistory = Schemas['FeatureColumnHistory'];
export type Versions = Schemas['FeatureVersions'];
export type Version = Schemas['FeatureVersion'];
export type PreviewRequest = Schemas['PreviewRequest'];
export type PreviewAnswer = Schemas['PreviewAnswer'];
export type PreviewCell = Schemas['PreviewCell'];
export type PreviewFeature = Schemas['PreviewFeature'];
export type CodeRequest = Schemas['CodeRequest'];
export type FeatureCode = Schemas['FeatureCode'];
export type OnlineAnswer = Schemas['OnlineAnswer'];
export type EntityValue = string | number;

/** What narrows a search: a facet's name to the values that it may have. */
export type Choices = ReadonlyMap<FacetName, readonly string[]>;

/** Search the features of all projects that the person may read, the best match first. */
export function searchFeatures(requests: Requests, q: string, choices: Choices, offset: number, limit: number, signal?: AbortSignal): Promise<SearchPage> {
  const query = { q: q.slice(0, 200), ...Object.fromEntries(choices), offset, limit };
  return requests.send<SearchPage>('features/search', { query, signal });
}

/** Feature views of a project, the best match first. */
export function listViews(requests: Requests, project: string, q: string, signal?: AbortSignal): Promise<FeatureViewPage> {
  return requests.send<FeatureViewPage>(projectPath(project, 'features', 'views'), { query: { q }, signal });
}

/** One feature view with statistics, code and consumers. */
export function readView(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<FeatureView> {
  return requests.send<FeatureView>(projectPath(project, 'features', 'views', name), { signal });
}

/** How a view's values change over event time. */
export function readHistory(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<History> {
  return requests.send<History>(projectPath(project, 'features', 'views', name, 'history'), { signal });
}

/** Which definitions a view had, and what each changed. */
export function readVersions(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<Versions> {
  return requests.send<Versions>(projectPath(project, 'features', 'views', name, 'versions'), { signal });
}

/** What a view is made from and what is made from it, down to the dashboards. */
export function readViewLineage(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<LineageGraph> {
  return requests.send<LineageGraph>(projectPath(project, 'features', 'views', name, 'lineage'), { signal });
}

/** Join rows of one's own as of each row's own time; nothing of them is kept. */
export function previewFeatures(requests: Requests, project: string, body: PreviewRequest, signal?: AbortSignal): Promise<PreviewAnswer> {
  return requests.send<PreviewAnswer>(projectPath(project, 'features', 'preview'), { method: 'POST', body, signal });
}

/** The Python that reads a view, a service or picked columns. */
export function writeCode(requests: Requests, project: string, body: CodeRequest, signal?: AbortSignal): Promise<FeatureCode> {
  return requests.send<FeatureCode>(projectPath(project, 'features', 'code'), { method: 'POST', body, signal });
}

/** The newest values of features for one entity. */
export function readOnline(requests: Requests, project: string, features: readonly string[], entity: Record<string, EntityValue>, signal?: AbortSignal): Promise<OnlineAnswer> {
  return requests.send<OnlineAnswer>(projectPath(project, 'features', 'online'), { method: 'POST', body: { features: [...features], entities: [entity] }, signal });
}
