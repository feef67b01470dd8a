import type { INotebookContent } from '@jupyterlab/nbformat';

import type { Requests } from '../request';
import type { Schemas } from './schemas';
import { projectPath } from './schemas';

export type RunNotebook = Schemas['RunNotebook'];
export type NotebookCells = Schemas['NotebookCells'];
export type CellHistory = Schemas['CellHistory'];
export type CellRun = Schemas['CellRun'];
export type NotebookDifference = Schemas['NotebookDifference'];
export type NotebookSide = Schemas['NotebookSide'];

/** Which notebook version and which cell made a run, and what is missing of it. */
export function readRunNotebook(requests: Requests, project: string, run: string, signal?: AbortSignal): Promise<RunNotebook> {
  return requests.send<RunNotebook>(projectPath(project, 'experiments', 'runs', run, 'notebook'), { signal });
}

/** The stored bytes of a notebook version, parsed and not trusted. */
export function readNotebookVersion(requests: Requests, project: string, sha256: string, signal?: AbortSignal): Promise<Partial<INotebookContent>> {
  return requests.send<Partial<INotebookContent>>(projectPath(project, 'experiments', 'notebook-versions', sha256, 'content'), { signal });
}

/** The cells of a notebook that made runs, each with its newest ones. */
export function listCells(requests: Requests, project: string, notebook: string, whose: 'mine' | 'all', signal?: AbortSignal): Promise<NotebookCells> {
  return requests.send<NotebookCells>(projectPath(project, 'experiments', 'cells'), { query: { notebook, whose }, signal });
}

/** Two runs as notebooks. */
export function compareNotebooks(requests: Requests, project: string, runs: readonly string[], signal?: AbortSignal): Promise<NotebookDifference> {
  return requests.send<NotebookDifference>(projectPath(project, 'experiments', 'notebook-difference'), { query: { run: runs }, signal });
}
