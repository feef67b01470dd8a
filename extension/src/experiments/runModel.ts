import type { IDisposable } from '@lumino/disposable';

import type { RunDetail } from '../api/experiments';
import { readRun } from '../api/experiments';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

/** One run, reloaded while it lives. */
export class RunModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    this.run = new Resource(signal => readRun(octavo.requests, this.project, this.id, signal));
    this.run.poll(octavo.session.settings.refreshSeconds);
  }

  readonly project: string;
  readonly id: string;
  readonly run: Resource<RunDetail>;

  get isDisposed(): boolean {
    return this.run.isDisposed;
  }

  dispose(): void {
    this.run.dispose();
  }
}
