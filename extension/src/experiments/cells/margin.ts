import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { CellHistory, CellRun } from '../../api/cells';
import { listCells } from '../../api/cells';
import type { Run } from '../../api/experiments';
import type { Session } from '../../shell/session';
import type { IRunFeed } from '../feed';
import type { IRunChange } from '../recent';

/** How many executions of a cell are kept for its trend. */
export const MOST_RUNS = 10;

/** Whose runs the margin shows. */
export type Whose = 'mine' | 'all';

/** Put a run into the past executions of its cell, at its place by start, or take a deleted one out. */
export function withRun(history: CellHistory | undefined, run: CellRun, cell: string, removed: boolean): CellHistory {
  const before = history?.runs ?? [];
  const there = before.some(one => one.run_id === run.run_id);
  const others = before.filter(one => one.run_id !== run.run_id);
  const runs = removed ? others : [...others, run].sort((a, b) => (b.started_at ?? '').localeCompare(a.started_at ?? ''));
  const total = (history?.total ?? 0) + (removed ? (there ? -1 : 0) : there ? 0 : 1);
  return { cell, total, runs: runs.slice(0, MOST_RUNS) };
}

function asCellRun(run: Run): CellRun {
  const { run_id, name, status, owner, started_at, metrics } = run;
  return { run_id, name, status, owner, started_at, metrics, cell_sha256: run.notebook?.cell_digest ?? null };
}

/** The past executions of a notebook's cells: asked for once, then kept up by the project's live runs. */
export class MarginModel implements IDisposable {
  constructor(
    private readonly _session: Session,
    private readonly _feed: IRunFeed,
    private _path: string,
    private _whose: Whose
  ) {
    _feed.runChanged.connect(this._onRun, this);
    _session.projectChanged.connect(this._onProject, this);
    void this.refresh();
  }

  /** Emits the id of the cell whose past has changed; null: of any. */
  get changed(): ISignal<this, string | null> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The notebook's path below the person's home. */
  get path(): string {
    return this._path;
  }

  set path(path: string) {
    if (path !== this._path) {
      this._path = path;
      this._clear();
      void this.refresh();
    }
  }

  set whose(whose: Whose) {
    if (whose !== this._whose) {
      this._whose = whose;
      void this.refresh();
    }
  }

  /** False where the notebook made so many runs that only the newest were looked at. */
  get complete(): boolean {
    return this._complete;
  }

  /** The past executions of a cell, undefined where it made no run. */
  history(cell: string): CellHistory | undefined {
    return this._histories.get(cell);
  }

  /** Ask anew; while the platform doesn't answer, the margin shows what it has. */
  async refresh(): Promise<void> {
    this._abort.abort();
    const abort = (this._abort = new AbortController());
    const { project, requests } = this._session;
    if (!project || !this._path) {
      return;
    }
    // What is heard while the answer is on its way may be newer than the answer.
    const heard: IRunChange[] = (this._heard = []);
    const found = await listCells(requests, project, this._path, this._whose, abort.signal).catch(() => null);
    if (found && !abort.signal.aborted) {
      this._histories = new Map(found.items.map(item => [item.cell, item]));
      this._complete = found.complete;
      heard.forEach(change => this._take(change, change.run.notebook?.cell ?? ''));
      this._heard = null;
      this._changed.emit(null);
    }
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._abort.abort();
      this._feed.runChanged.disconnect(this._onRun, this);
      this._session.projectChanged.disconnect(this._onProject, this);
      Signal.clearData(this);
    }
  }

  private _clear(): void {
    this._histories = new Map();
    this._complete = true;
    this._changed.emit(null);
  }

  private _onProject(): void {
    this._clear();
    void this.refresh();
  }

  private _onRun(_: unknown, change: IRunChange): void {
    const { run } = change;
    const mine = this._whose === 'all' || run.owner === this._session.me.state.value?.name;
    if (run.notebook?.cell && mine && run.notebook.path === this._path) {
      this._heard?.push(change);
      this._take(change, run.notebook.cell);
      this._changed.emit(run.notebook.cell);
    }
  }

  private _take({ run, removed }: IRunChange, cell: string): void {
    const after = withRun(this._histories.get(cell), asCellRun(run), cell, removed);
    if (after.runs.length > 0) {
      this._histories.set(cell, after);
    } else {
      this._histories.delete(cell);
    }
  }

  private _histories = new Map<string, CellHistory>();
  private _complete = true;
  private _heard: IRunChange[] | null = null;
  private _abort = new AbortController();
  private _isDisposed = false;
  private readonly _changed = new Signal<this, string | null>(this);
}
