import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ExperimentList, Run, RunPage } from '../api/experiments';
import { listExperiments, listRuns, watchRuns } from '../api/experiments';
import { ProjectList } from '../shell/list';
import type { Session } from '../shell/session';
import { renewed } from './table/runPages';

const RECENT = 12;
/** Changes that come together are counted together. */
const GATHER_MS = 500;

/** A run that has begun, changed or ended, or was deleted. */
export interface IRunChange {
  readonly run: Run;
  readonly removed: boolean;
}

/** Put a changed run into a page at its place, a new one at the top. */
export function merged(page: RunPage, run: Run, removed: boolean): RunPage {
  const there = page.items.some(one => one.run_id === run.run_id);
  if (removed) {
    return { ...page, items: page.items.filter(one => one.run_id !== run.run_id) };
  }
  return {
    ...page,
    items: there ? page.items.map(one => (one.run_id === run.run_id ? renewed(one, run) : one)) : [run, ...page.items],
    total: page.total + (there ? 0 : 1),
    metrics: [...new Set([...page.metrics, ...Object.keys(run.metrics)])].sort()
  };
}

/** The newest runs of the shown project, kept up to date by the platform's events. */
export class RecentRuns implements IDisposable {
  constructor(private readonly _session: Session) {
    this.experiments = new ProjectList<ExperimentList>(_session, listExperiments);
    this.runs = new ProjectList<RunPage>(_session, (requests, project, signal) => listRuns(requests, project, { limit: RECENT }, signal));
    _session.projectChanged.connect(this._listen, this);
    this._listen();
  }

  readonly experiments: ProjectList<ExperimentList>;
  readonly runs: ProjectList<RunPage>;

  get isDisposed(): boolean {
    return this.runs.isDisposed;
  }

  /** Emits what has just become of a run. */
  get runChanged(): ISignal<this, IRunChange> {
    return this._runChanged;
  }

  dispose(): void {
    window.clearTimeout(this._timer);
    this._abort.abort();
    this.experiments.dispose();
    this.runs.dispose();
    Signal.clearData(this);
  }

  private _listen(): void {
    this._abort.abort();
    if (!this._session.project) {
      return;
    }
    this._abort = new AbortController();
    const hear = (run: Run, removed: boolean): void => {
      const page = this.runs.resource.state.value;
      if (page) {
        this.runs.resource.put(merged(page, run, removed));
      }
      this._count();
      this._runChanged.emit({ run, removed });
    };
    watchRuns(this._session.requests, this._session.project, event => hear(event.run, event.removed), this._abort.signal).catch(
      () => undefined
    );
  }

  /** Count the experiments' runs anew, once for many changes at the same time. */
  private _count(): void {
    this._timer ??= window.setTimeout(() => {
      this._timer = undefined;
      void this.experiments.resource.refresh();
    }, GATHER_MS);
  }

  private _timer: number | undefined;
  private _abort = new AbortController();
  private readonly _runChanged = new Signal<this, IRunChange>(this);
}
