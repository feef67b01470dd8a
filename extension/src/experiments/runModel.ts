import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { RunNotebook } from '../api/cells';
import { listCells, readRunNotebook } from '../api/cells';
import type { Run, RunDetail } from '../api/experiments';
import { readRun } from '../api/experiments';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { Beat } from './comparison/beat';

/** Id of the newest execution of a cell that began before `run`. */
export function runBefore(run: Run, executions: readonly { run_id: string; started_at: string | null }[]): string | null {
  const began = run.started_at ?? '';
  const earlier = executions.filter(one => one.run_id !== run.run_id && one.started_at !== null && one.started_at < began);
  return earlier.sort((a, b) => (b.started_at ?? '').localeCompare(a.started_at ?? ''))[0]?.run_id ?? null;
}

/** One run, reloaded while it lives, with the notebook and the cell that made it. */
export class RunModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    const { requests, session } = _octavo;
    this.run = new Resource(async signal => {
      const found = await readRun(requests, this.project, this.id, this._search, signal);
      this.beat.hear([found.run]);
      return found;
    });
    this.notebook = new Resource(signal => readRunNotebook(requests, this.project, this.id, signal));
    this.run.changed.connect(this._onRun, this);
    this.run.poll(session.settings.refreshSeconds);
  }

  readonly project: string;
  readonly id: string;
  readonly run: Resource<RunDetail>;
  readonly beat = new Beat();
  readonly notebook: Resource<RunNotebook>;

  /** The execution of the same cell before this one; null: none is known. */
  get before(): string | null {
    return this._before;
  }

  /** Emits when the execution before is known. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Show the metrics whose names contain the words of `search`, from now on. */
  find(search: string): void {
    if (search.trim() !== this._search) {
      this._search = search.trim();
      void this.run.refresh();
    }
  }

  get isDisposed(): boolean {
    return this.run.isDisposed;
  }

  dispose(): void {
    this._abort.abort();
    this.run.dispose();
    this.notebook.dispose();
    Signal.clearData(this);
  }

  /** Ask for what is known of the notebook once it is clear that there is one. */
  private _onRun(): void {
    const run = this.run.state.value?.run;
    if (run?.notebook && !this._asked) {
      this._asked = true;
      void this.notebook.refresh();
      void this._findBefore(run, run.notebook.path, run.notebook.cell);
    }
  }

  private async _findBefore(run: Run, path: string, cell: string | null): Promise<void> {
    const found = cell === null ? null : await listCells(this._octavo.requests, this.project, path, 'all', this._abort.signal).catch(() => null);
    const executions = found?.items.find(item => item.cell === cell)?.runs.filter(one => one.owner === run.owner) ?? [];
    this._before = runBefore(run, executions);
    this._changed.emit();
  }

  private readonly _abort = new AbortController();
  private _asked = false;
  private _search = '';
  private _before: string | null = null;
  private readonly _changed = new Signal<this, void>(this);
}
