import type { INotebookContent } from '@jupyterlab/nbformat';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { PipelineRun, PipelineRunEvent, PipelineRunList, Provenance } from '../api/pipelines';
import { cancelRun, listPipelineRuns, readPipelineRun, readProvenance, readReleaseNotebook, resolveRun, resumeRun, watchRun } from '../api/pipelines';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { ended } from './components/RunList';

/** Events that come within this time are shown at once. */
const TOGETHER_MS = 60;
const OF_CELLS: ReadonlySet<PipelineRunEvent['kind']> = new Set(['cell_started', 'cell_finished', 'log']);

/** One run of a pipeline, followed event by event until it has ended. */
export class PipelineRunModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    const { requests, session } = _octavo;
    this.run = new Resource(signal => readPipelineRun(requests, this.project, this.id, signal));
    this.provenance = new Resource<Provenance>(signal => readProvenance(requests, this.project, this.id, signal));
    this.notebook = new Resource(signal => readReleaseNotebook(requests, this.project, this.run.state.value?.release ?? '', signal));
    this.steps = new Resource<PipelineRunList>(signal => listPipelineRuns(requests, this.project, { parent: this.id }, '', signal));
    this.run.changed.connect(this._look, this);
    void this.run.refresh();
    watchRun(requests, this.project, this.id, event => this._hear(event), this._abort.signal)
      .then(() => this._reload())
      .catch(() => this.run.poll(session.settings.refreshSeconds));
  }

  readonly project: string;
  readonly id: string;
  readonly run: Resource<PipelineRun>;
  readonly provenance: Resource<Provenance>;
  /** The notebook of its release, to show its cells while they run. */
  readonly notebook: Resource<INotebookContent>;
  /** Of a graph: the runs of its steps. */
  readonly steps: Resource<PipelineRunList>;

  /** What was heard so far, oldest first. */
  get events(): readonly PipelineRunEvent[] {
    return this._events;
  }

  /** Emits when something was heard; what comes close together is told once. */
  get heard(): ISignal<this, void> {
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

  /** Go on from the steps that failed; returns the new run. */
  async resume(): Promise<PipelineRun> {
    const run = await resumeRun(this._octavo.requests, this.project, this.id);
    this._octavo.session.touch();
    return run;
  }

  /** Decide about a run whose outcome nobody knows. */
  async resolve(decision: 'retry' | 'give_up', reason: string): Promise<void> {
    this.run.put(await resolveRun(this._octavo.requests, this.project, this.id, { decision, reason }));
  }

  dispose(): void {
    this._abort.abort();
    window.clearTimeout(this._timer);
    for (const resource of [this.run, this.provenance, this.notebook, this.steps]) {
      resource.dispose();
    }
    Signal.clearData(this);
  }

  /** Once it is known what kind of run it is, load what belongs to it. */
  private _look(): void {
    const run = this.run.state.value;
    if (!run || this._kind === run.kind) {
      return;
    }
    this._kind = run.kind;
    if (run.kind === 'graph') {
      this.steps.poll(this._octavo.session.settings.refreshSeconds);
      this.run.poll(this._octavo.session.settings.refreshSeconds);
    } else if (run.release) {
      void this.notebook.refresh();
    }
  }

  private _hear(event: PipelineRunEvent): void {
    if (event.seq <= this._last) {
      return;
    }
    this._last = event.seq;
    this._waiting.push(event);
    this._timer ||= window.setTimeout(() => this._tell(), TOGETHER_MS);
    if (!OF_CELLS.has(event.kind)) {
      void this._reload();
    }
  }

  private _tell(): void {
    this._timer = 0;
    this._events = [...this._events, ...this._waiting];
    this._waiting = [];
    this._heard.emit();
  }

  private async _reload(): Promise<void> {
    const before = this.run.state.value;
    await this.run.refresh();
    const after = this.run.state.value;
    if (this._kind === 'graph') {
      void this.steps.refresh();
    }
    if (before && after && !ended(before.state) && ended(after.state)) {
      this._finished.emit(after);
      this._octavo.session.touch();
    }
  }

  private _kind: PipelineRun['kind'] | undefined;
  private _events: readonly PipelineRunEvent[] = [];
  private _waiting: PipelineRunEvent[] = [];
  private _last = 0;
  private _timer = 0;
  private readonly _abort = new AbortController();
  private readonly _heard = new Signal<this, void>(this);
  private readonly _finished = new Signal<this, PipelineRun>(this);
}
