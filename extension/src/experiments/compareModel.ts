import type { IDisposable } from '@lumino/disposable';

import type { Comparison } from '../api/experiments';
import { compareRuns } from '../api/experiments';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

/** Runs side by side. */
export class CompareModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.runs = (args['runs'] ?? '').split(',').filter(Boolean);
    this.comparison = new Resource(signal => compareRuns(octavo.requests, this.project, this.runs, signal));
    void this.comparison.refresh();
  }

  readonly project: string;
  readonly runs: readonly string[];
  readonly comparison: Resource<Comparison>;

  get isDisposed(): boolean {
    return this.comparison.isDisposed;
  }

  dispose(): void {
    this.comparison.dispose();
  }
}
