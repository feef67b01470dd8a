import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Comparison, ExperimentList, IRunQuery, Run, RunDetail, RunPage } from '../api/experiments';
import { compareRuns, listExperiments, listRuns, readRun, watchRuns } from '../api/experiments';
import { Resource } from '../resource';
import { ProjectList } from '../shell/list';
import type { Session } from '../shell/session';
import type { IOctavo, ViewArgs } from '../tokens';

const RECENT = 12;
const PAGE = 100;

/** Put a changed run into a page at its place, a new one at the top. */
export function merged(page: RunPage, run: Run, removed: boolean): RunPage {
  const there = page.items.some(one => one.run_id === run.run_id);
  if (removed) {
    return { ...page, items: page.items.filter(one => one.run_id !== run.run_id) };
  }
  return {
    ...page,
    items: there ? page.items.map(one => (one.run_id === run.run_id ? run : one)) : [run, ...page.items],
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

  /** Emits a run that has just begun, changed or ended. */
  get runChanged(): ISignal<this, Run> {
    return this._runChanged;
  }

  dispose(): void {
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
      void this.experiments.resource.refresh();
      this._runChanged.emit(run);
    };
    watchRuns(this._session.requests, this._session.project, event => hear(event.run, event.removed), this._abort.signal).catch(
      () => undefined
    );
  }

  private _abort = new AbortController();
  private readonly _runChanged = new Signal<this, Run>(this);
}

/** The runs of an experiment as a table: what is asked for, what was found, what is picked. */
export class RunsModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs, recent: RecentRuns) {
    this.project = args['project'] ?? '';
    this._recent = recent;
    this.query = { experiment: args['experiment'] ?? '', limit: PAGE };
    this.page = new Resource(signal => listRuns(octavo.requests, this.project, this.query, signal));
    this.page.poll(octavo.session.settings.refreshSeconds);
    recent.runChanged.connect(this._onRun, this);
  }

  readonly project: string;
  readonly page: Resource<RunPage>;
  query: IRunQuery;

  get picked(): readonly string[] {
    return this._picked;
  }

  /** Emits when what is picked or asked for has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.page.isDisposed;
  }

  pick(runs: readonly string[]): void {
    this._picked = runs;
    this._changed.emit();
  }

  /** Ask for other runs, or for more of them. */
  ask(query: IRunQuery): void {
    this.query = { ...this.query, ...query };
    this._changed.emit();
    void this.page.refresh();
  }

  dispose(): void {
    this._recent.runChanged.disconnect(this._onRun, this);
    this.page.dispose();
    Signal.clearData(this);
  }

  private _onRun(): void {
    void this.page.refresh();
  }

  private readonly _recent: RecentRuns;
  private _picked: readonly string[] = [];
  private readonly _changed = new Signal<this, void>(this);
}

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
