import type { INotebookContent } from '@jupyterlab/nbformat';
import type { IDisposable } from '@lumino/disposable';

import type { RunNotebook } from '../../api/cells';
import { readNotebookVersion, readRunNotebook } from '../../api/cells';
import { Resource } from '../../resource';
import type { IOctavo, ViewArgs } from '../../tokens';
import { untrusted } from './untrusted';

/** What made a run, with the stored notebook where there is one. */
export interface IVersion {
  readonly link: RunNotebook;
  readonly content: INotebookContent | null;
}

/** The notebook version that made a run: loaded once, for it can't change. */
export class VersionModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.run = args['run'] ?? '';
    this.version = new Resource(async signal => {
      const link = await readRunNotebook(octavo.requests, this.project, this.run, signal);
      const content = link.version ? await readNotebookVersion(octavo.requests, this.project, link.version.sha256, signal) : null;
      return { link, content: content && untrusted(content) };
    });
    void this.version.refresh();
  }

  readonly project: string;
  readonly run: string;
  readonly version: Resource<IVersion>;

  get isDisposed(): boolean {
    return this.version.isDisposed;
  }

  dispose(): void {
    this.version.dispose();
  }
}
