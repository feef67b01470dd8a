import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IRunQuery, RunPage } from '../api/experiments';
import { listRuns } from '../api/experiments';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import type { RecentRuns } from './recent';

const PAGE = 100;

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
