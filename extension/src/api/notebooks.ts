import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type LintAnswer = Schemas['LintAnswer'];
export type LintFinding = Schemas['LintFinding'];
export type LintReport = Schemas['LintReport'];
export type Parameter = Schemas['Parameter'];
export type SubmissionRequest = Schemas['SubmissionRequest'];
export type Submission = Schemas['Submission'];
export type SubmissionSummary = Schemas['SubmissionSummary'];
export type SubmissionList = Schemas['SubmissionList'];
export type NotebookDiff = Schemas['NotebookDiff'];
export type CellDiff = Schemas['CellDiff'];
export type Verdict = Schemas['Verdict'];
export type Release = Schemas['Release'];
export type ReleaseList = Schemas['ReleaseList'];
export type ReleaseSummary = Schemas['ReleaseSummary'];
export type ReleaseVerification = Schemas['ReleaseVerification'];
export type Progress = Schemas['Progress'];
export type CellError = Schemas['CellError'];
export type Input = Schemas['Input'];

/** A parameter's value as it travels. */
export type ParameterValue = Parameter['default'];

/** A person's word on something that was offered. */
export interface IReviewBody {
  decision: 'approve' | 'reject';
  reason: string;
  digest: string;
}

/** Look at a notebook; nothing is stored. */
export function lintNotebook(requests: Requests, project: string, notebook: Record<string, unknown>, signal?: AbortSignal): Promise<LintAnswer> {
  return requests.send<LintAnswer>(projectPath(project, 'notebooks', 'lint'), { method: 'POST', body: { notebook }, signal });
}

/** Offer a notebook for review. */
export function submitNotebook(requests: Requests, project: string, body: SubmissionRequest): Promise<Submission> {
  return requests.send<Submission>(projectPath(project, 'notebooks', 'submissions'), { method: 'POST', body });
}

/** Submissions, the newest first. */
export function listSubmissions(requests: Requests, project: string, signal?: AbortSignal): Promise<SubmissionList> {
  return requests.send<SubmissionList>(projectPath(project, 'notebooks', 'submissions'), { signal });
}

/** One submission with everything a reviewer needs but the diff. */
export function readSubmission(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<Submission> {
  return requests.send<Submission>(projectPath(project, 'notebooks', 'submissions', id), { signal });
}

/** What changed since the last release of the line. */
export function readDiff(requests: Requests, project: string, id: string, signal?: AbortSignal): Promise<NotebookDiff> {
  return requests.send<NotebookDiff>(projectPath(project, 'notebooks', 'submissions', id, 'diff'), { signal });
}

/** Approve a submission or send it back. */
export function reviewSubmission(requests: Requests, project: string, id: string, body: IReviewBody): Promise<Submission> {
  return requests.send<Submission>(projectPath(project, 'notebooks', 'submissions', id, 'review'), { method: 'POST', body });
}

/** Releases, the newest first. */
export function listReleases(requests: Requests, project: string, signal?: AbortSignal): Promise<ReleaseList> {
  return requests.send<ReleaseList>(projectPath(project, 'notebooks', 'releases'), { signal });
}

/** One release with its manifest. */
export function readRelease(requests: Requests, project: string, digest: string, signal?: AbortSignal): Promise<Release> {
  return requests.send<Release>(projectPath(project, 'notebooks', 'releases', digest), { signal });
}

/** Check a release's stored bytes and signature anew. */
export function verifyRelease(requests: Requests, project: string, digest: string): Promise<ReleaseVerification> {
  return requests.send<ReleaseVerification>(projectPath(project, 'notebooks', 'releases', digest, 'verify'), { method: 'POST' });
}
