import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { PipelineList, PipelineRunList, PipelineRunSummary } from '../api/pipelines';
import { listPipelineRuns, listPipelines } from '../api/pipelines';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import type { IRunsAsked } from './filter';
import { filterOf, WHOLE_WEEK } from './filter';

type Runs = readonly PipelineRunSummary[];

/** Put newer runs before older ones, each once and as the newer list says. */
export function joined(newer: Runs, older: Runs): Runs {
  const fresh = new Set(newer.map(run => run.id));
  return [...newer, ...older.filter(run => !fresh.has(run.id))];
}

/** Put a fresh first page before what was known; where the two don't meet, what was known is dropped rather than a gap hidden. */
export function renewed(first: Runs, known: Runs): Runs {
  const fresh = new Set(first.map(run => run.id));
  return known.some(run => fresh.has(run.id)) ? joined(first, known) : first;
}

/** The runs of a project that a filter lets through, page by page, the newest first. */
export class RunsModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    const { requests, session } = _octavo;
    this.project = args['project'] ?? '';
    this._asked = { ...WHOLE_WEEK, pipeline: args['pipeline'] ?? '' };
    this.first = new Resource<PipelineRunList>(signal => listPipelineRuns(requests, this.project, filterOf(this._asked, new Date()), '', signal));
    this.pipelines = new Resource<PipelineList>(signal => listPipelines(requests, this.project, signal));
    this.first.changed.connect(this._merge, this);
    session.touched.connect(this._renew, this);
    this.first.poll(session.settings.refreshSeconds);
    void this.pipelines.refresh();
  }

  readonly project: string;
  readonly first: Resource<PipelineRunList>;
  readonly pipelines: Resource<PipelineList>;

  /** What is asked for. */
  get asked(): IRunsAsked {
    return this._asked;
  }

  /** What is known of the runs asked for, the newest first. */
  get runs(): readonly PipelineRunSummary[] {
    return this._runs;
  }

  /** Whether older runs can be loaded. */
  get hasMore(): boolean {
    return Boolean(this._cursor);
  }

  /** Emits when the runs or what is asked for changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.first.isDisposed;
  }

  /** Ask for other runs. */
  ask(change: Partial<IRunsAsked>): void {
    this._asked = { ...this._asked, ...change };
    this._runs = [];
    this._cursor = null;
    this._paged = false;
    this._changed.emit();
    void this.first.reset();
  }

  /** Load the next page of older runs; what comes after the question changed is dropped. */
  async more(): Promise<void> {
    const asked = this._asked;
    const page = await listPipelineRuns(this._octavo.requests, this.project, filterOf(asked, new Date()), this._cursor ?? '');
    if (asked === this._asked && !this.isDisposed) {
      this._paged = true;
      this._cursor = page.next_cursor;
      this._runs = joined(this._runs, page.items);
      this._changed.emit();
    }
  }

  dispose(): void {
    this._octavo.session.touched.disconnect(this._renew, this);
    this.first.dispose();
    this.pipelines.dispose();
    Signal.clearData(this);
  }

  private _merge(): void {
    const page = this.first.state.value;
    if (page) {
      const all = this._paged ? renewed(page.items, this._runs) : page.items;
      this._paged = all.length > page.items.length;
      this._cursor = this._paged ? this._cursor : page.next_cursor;
      this._runs = all;
      this._changed.emit();
    }
  }

  private _renew(): void {
    void this.first.refresh();
  }

  private _asked: IRunsAsked;
  private _runs: readonly PipelineRunSummary[] = [];
  private _cursor: string | null = null;
  private _paged = false;
  private readonly _changed = new Signal<this, void>(this);
}
