import type { IDisposable } from '@lumino/disposable';

import type { Comparison } from '../api/comparison';
import { compareRuns } from '../api/comparison';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { Beat } from './comparison/beat';

/** Tags and names of runs that have ended change seldom; what lives is asked for as often as settings say. */
const STILL_SECONDS = 60;

/** Runs side by side; asked for again now and then, more often while one of them lives. */
export class CompareModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.runs = (args['runs'] ?? '').split(',').filter(Boolean);
    this.comparison = new Resource(signal => this._load(octavo, signal));
    this.comparison.poll(STILL_SECONDS);
  }

  readonly project: string;
  readonly runs: readonly string[];
  readonly comparison: Resource<Comparison>;
  readonly beat = new Beat();

  get isDisposed(): boolean {
    return this.comparison.isDisposed;
  }

  dispose(): void {
    this.comparison.dispose();
  }

  private async _load(octavo: IOctavo, signal: AbortSignal): Promise<Comparison> {
    const found = await compareRuns(octavo.requests, this.project, this.runs, signal);
    if (this.beat.hear(found.runs)) {
      this.comparison.poll(octavo.session.settings.refreshSeconds);
    }
    return found;
  }
}
