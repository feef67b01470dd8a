import type { IDisposable } from '@lumino/disposable';

import type { BackfillList, BackfillRequest, Plan, TriggerList, TriggerRequest } from '../api/definitions';
import { applyPipeline, cancelBackfill, createBackfill, createTrigger, deleteTrigger, listBackfills, listTriggers, pauseSchedule, planPipeline, readDefinition } from '../api/definitions';
import type { Pipeline, PipelineRunList } from '../api/pipelines';
import { deleteSchedule, listPipelineRuns, readPipeline } from '../api/pipelines';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

/** A pipeline with its runs, what starts it, and its definition. */
export class PipelineModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    const { requests, session } = _octavo;
    this.pipeline = new Resource(signal => readPipeline(requests, this.project, this.name, signal));
    this.runs = new Resource<PipelineRunList>(signal => listPipelineRuns(requests, this.project, { pipeline: this.name }, '', signal));
    this.triggers = new Resource<TriggerList>(signal => listTriggers(requests, this.project, this.name, signal));
    this.backfills = new Resource<BackfillList>(signal => listBackfills(requests, this.project, this.name, signal));
    this.definition = new Resource<string>(signal => readDefinition(requests, this.project, this.name, signal));
    session.touched.connect(this._renew, this);
    for (const polled of [this.pipeline, this.runs, this.backfills]) {
      polled.poll(session.settings.refreshSeconds);
    }
    void this.triggers.refresh();
  }

  readonly project: string;
  readonly name: string;
  readonly pipeline: Resource<Pipeline>;
  readonly runs: Resource<PipelineRunList>;
  readonly triggers: Resource<TriggerList>;
  readonly backfills: Resource<BackfillList>;
  /** Its `pipeline.yaml`; loaded when somebody looks at it. */
  readonly definition: Resource<string>;

  get isDisposed(): boolean {
    return this.pipeline.isDisposed;
  }

  /** Take a schedule away. */
  async unschedule(id: string): Promise<void> {
    await deleteSchedule(this._octavo.requests, this.project, this.name, id);
    this._octavo.session.touch();
  }

  /** Let a schedule's times pass by, or let it go on. */
  async pause(id: string, pause: boolean): Promise<void> {
    await pauseSchedule(this._octavo.requests, this.project, this.name, id, pause);
    this._octavo.session.touch();
  }

  /** Start it when data changes or another pipeline ends. */
  async addTrigger(body: TriggerRequest): Promise<void> {
    await createTrigger(this._octavo.requests, this.project, this.name, body);
    this._octavo.session.touch();
  }

  /** Take a trigger away. */
  async removeTrigger(id: string): Promise<void> {
    await deleteTrigger(this._octavo.requests, this.project, this.name, id);
    this._octavo.session.touch();
  }

  /** Run it once for each day of a range. */
  async backfill(body: BackfillRequest): Promise<void> {
    await createBackfill(this._octavo.requests, this.project, this.name, body);
    this._octavo.session.touch();
  }

  /** Make no more runs of a backfill. */
  async stopBackfill(id: string): Promise<void> {
    await cancelBackfill(this._octavo.requests, this.project, id);
    this._octavo.session.touch();
  }

  /** Find out what a definition would change. */
  plan(yaml: string, signal?: AbortSignal): Promise<Plan> {
    return planPipeline(this._octavo.requests, this.project, yaml, signal);
  }

  /** Do what a plan says. */
  async apply(yaml: string, plan: Plan): Promise<void> {
    await applyPipeline(this._octavo.requests, this.project, yaml, plan.digest);
    this._octavo.session.touch();
  }

  dispose(): void {
    this._octavo.session.touched.disconnect(this._renew, this);
    for (const resource of [this.pipeline, this.runs, this.triggers, this.backfills, this.definition]) {
      resource.dispose();
    }
  }

  private _renew(): void {
    for (const resource of [this.pipeline, this.runs, this.triggers, this.backfills]) {
      void resource.refresh();
    }
    if (this.definition.state.at) {
      void this.definition.refresh();
    }
  }
}
