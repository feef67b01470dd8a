import type { Requests } from '../request';
import type { IReviewBody } from './notebooks';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type CurrentDeclaration = Schemas['CurrentDeclaration'];
export type Declaration = Schemas['FeatureDeclaration'];
export type DeclaredView = Schemas['DeclaredView'];
export type DeclaredColumn = Schemas['DeclaredColumn'];
export type FeatureChange = Schemas['FeatureChange'];
export type FeatureChangeDetail = Schemas['FeatureChangeDetail'];
export type FeatureChangePage = Schemas['FeatureChangePage'];
export type FeatureChangeBody = Schemas['FeatureChangeRequest'];
export type FeatureDifference = Schemas['FeatureDifference'];
export type FeaturePlan = Schemas['FeaturePlan'];
export type LakeTable = Schemas['LakeTable'];
export type LakeTables = Schemas['LakeTables'];

/** What the current registry snapshot declares. */
export function readDeclaration(requests: Requests, project: string, signal?: AbortSignal): Promise<CurrentDeclaration> {
  return requests.send<CurrentDeclaration>(projectPath(project, 'features', 'declaration'), { signal });
}

/** The lake's tables that a view can be made of. */
export function listLakeTables(requests: Requests, project: string, signal?: AbortSignal): Promise<LakeTables> {
  return requests.send<LakeTables>(projectPath(project, 'features', 'tables'), { signal });
}

/** What a declaration would change; nothing is kept. */
export function planFeatures(requests: Requests, project: string, declaration: Declaration): Promise<FeaturePlan> {
  return requests.send<FeaturePlan>(projectPath(project, 'features', 'plan'), { method: 'POST', body: { declaration } });
}

/** Changes of the features, the newest first. */
export function listFeatureChanges(requests: Requests, project: string, signal?: AbortSignal): Promise<FeatureChangePage> {
  return requests.send<FeatureChangePage>(projectPath(project, 'features', 'changes'), { signal });
}

/** Offer a declaration for review by another person. */
export function proposeFeatures(requests: Requests, project: string, body: FeatureChangeBody): Promise<FeatureChangeDetail> {
  return requests.send<FeatureChangeDetail>(projectPath(project, 'features', 'changes'), { method: 'POST', body });
}

/** One change with its plan and how far applying it is. */
export function readFeatureChange(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<FeatureChangeDetail> {
  return requests.send<FeatureChangeDetail>(projectPath(project, 'features', 'changes', id), { signal });
}

/** Approve or reject a change. */
export function reviewFeatureChange(requests: Requests, project: string, id: string, body: IReviewBody): Promise<FeatureChangeDetail> {
  return requests.send<FeatureChangeDetail>(projectPath(project, 'features', 'changes', id, 'review'), { method: 'POST', body });
}

/** Withdraw one's own proposal, or stop applying what was approved. */
export function cancelFeatureChange(requests: Requests, project: string, id: string): Promise<FeatureChangeDetail> {
  return requests.send<FeatureChangeDetail>(projectPath(project, 'features', 'changes', id, 'cancel'), { method: 'POST' });
}
