import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Pipeline, PipelineRun, PipelineRunEvent, PipelineRunList, Provenance } from '../api/pipelines';
import { cancelRun, deleteSchedule, listPipelineRuns, readPipeline, readPipelineRun, readProvenance, resolveRun, watchRun } from '../api/pipelines';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { ended } from './components/RunList';

/** A pipeline with its runs. */
export class PipelineModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    const { requests, session } = _octavo;
    this.pipeline = new Resource(signal => readPipeline(requests, this.project, this.name, signal));
    this.runs = new Resource<PipelineRunList>(signal => listPipelineRuns(requests, this.project, this.name, signal));
    session.touched.connect(this._renew, this);
    this.pipeline.poll(session.settings.refreshSeconds);
    this.runs.poll(session.settings.refreshSeconds);
  }

  readonly project: string;
  readonly name: string;
  readonly pipeline: Resource<Pipeline>;
  readonly runs: Resource<PipelineRunList>;

  get isDisposed(): boolean {
    return this.pipeline.isDisposed;
  }

  /** Take a schedule away. */
  async unschedule(id: string): Promise<void> {
    await deleteSchedule(this._octavo.requests, this.project, this.name, id);
    this._octavo.session.touch();
  }

  dispose(): void {
    this._octavo.session.touched.disconnect(this._renew, this);
    this.pipeline.dispose();
    this.runs.dispose();
  }

  private _renew(): void {
    void this.pipeline.refresh();
    void this.runs.refresh();
  }
}

/** One run of a pipeline, followed event by event until it has ended. */
export class PipelineRunModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    const { requests } = _octavo;
    this.run = new Resource(signal => readPipelineRun(requests, this.project, this.id, signal));
    this.provenance = new Resource<Provenance>(signal => readProvenance(requests, this.project, this.id, signal));
    void this.run.refresh();
    watchRun(requests, this.project, this.id, event => this._hear(event), this._abort.signal)
      .then(() => this._reload())
      .catch(() => this.run.poll(_octavo.session.settings.refreshSeconds));
  }

  readonly project: string;
  readonly id: string;
  readonly run: Resource<PipelineRun>;
  readonly provenance: Resource<Provenance>;

  /** What was heard so far, oldest first. */
  get events(): readonly PipelineRunEvent[] {
    return this._events;
  }

  /** Emits with each event. */
  get heard(): ISignal<this, PipelineRunEvent> {
    return this._heard;
  }

  /** Emits once, when a run that was seen live has ended. */
  get finished(): ISignal<this, PipelineRun> {
    return this._finished;
  }

  get isDisposed(): boolean {
    return this.run.isDisposed;
  }

  /** Ask for the run to stop. */
  async cancel(): Promise<void> {
    this.run.put(await cancelRun(this._octavo.requests, this.project, this.id));
  }

  /** Decide about a run whose outcome nobody knows. */
  async resolve(decision: 'retry' | 'give_up', reason: string): Promise<void> {
    this.run.put(await resolveRun(this._octavo.requests, this.project, this.id, { decision, reason }));
  }

  dispose(): void {
    this._abort.abort();
    this.run.dispose();
    this.provenance.dispose();
    Signal.clearData(this);
  }

  private _hear(event: PipelineRunEvent): void {
    if (this._events.some(one => one.seq === event.seq)) {
      return;
    }
    this._events = [...this._events, event];
    this._heard.emit(event);
    if (event.kind !== 'cell_started' && event.kind !== 'cell_finished' && event.kind !== 'log') {
      void this._reload();
    }
  }

  private async _reload(): Promise<void> {
    const before = this.run.state.value;
    await this.run.refresh();
    const after = this.run.state.value;
    if (before && after && !ended(before.state) && ended(after.state)) {
      this._finished.emit(after);
      this._octavo.session.touch();
    }
  }

  private _events: readonly PipelineRunEvent[] = [];
  private readonly _abort = new AbortController();
  private readonly _heard = new Signal<this, PipelineRunEvent>(this);
  private readonly _finished = new Signal<this, PipelineRun>(this);
}
