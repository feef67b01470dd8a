import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type FeatureViewPage = Schemas['FeatureViewPage'];
export type FeatureViewSummary = Schemas['FeatureViewSummary'];
export type FeatureView = Schemas['FeatureView'];
export type Feature = Schemas['FeatureColumn'];
export type Statistics = Schemas['FeatureStatistics'];
export type Consumer = Schemas['FeatureConsumer'];

/** Feature views, the best match first. */
export function listViews(requests: Requests, project: string, q: string, signal?: AbortSignal): Promise<FeatureViewPage> {
  return requests.send<FeatureViewPage>(projectPath(project, 'features', 'views'), { query: { q }, signal });
}

/** One feature view with statistics, code and consumers. */
export function readView(requests: Requests, project: string, name: string, signal?: AbortSignal): Promise<FeatureView> {
  return requests.send<FeatureView>(projectPath(project, 'features', 'views', name), { signal });
}
