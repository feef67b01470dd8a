import type { IDisposable } from '@lumino/disposable';

import type { Materialization, MaterializationRequest, MaterializationSchedule, ViewMaterialization } from '../../api/materialization';
import { cancelMaterialization, deleteMaterializationSchedule, listMaterializations, listMaterializationSchedules, readViewMaterialization, removeExpectation } from '../../api/materialization';
import { Resource } from '../../resource';
import type { IOctavo } from '../../tokens';

const LIVE_SECONDS = 2;

/** What is materialised: a view, or all views of a service. */
export interface ITarget {
  readonly project: string;
  readonly kind: 'view' | 'service';
  readonly name: string;
}

/** How a target stands. */
export interface IStanding {
  /** Freshness and alerts; a service has none of its own. */
  readonly view: ViewMaterialization | null;
  readonly jobs: readonly Materialization[];
  readonly schedules: readonly MaterializationSchedule[];
  readonly nextAt: string | null;
}

/** Whether a job still does something. */
export function isUnderWay(job: Materialization): boolean {
  return job.state === 'queued' || job.state === 'running';
}

/** A view or service with its jobs and schedules; looked at every two seconds while a job is under way. */
export class MaterializationModel implements IDisposable {
  constructor(
    readonly octavo: IOctavo,
    readonly target: ITarget
  ) {
    this.standing = new Resource(signal => this._load(signal));
    this.standing.changed.connect(this._pace, this);
    octavo.session.touched.connect(this._renew, this);
    this._poll(octavo.session.settings.refreshSeconds);
  }

  readonly standing: Resource<IStanding>;

  get isDisposed(): boolean {
    return this.standing.isDisposed;
  }

  /** What a job of this target asks for. */
  request(span: Omit<MaterializationRequest, 'kind' | 'name'>): MaterializationRequest {
    return { kind: this.target.kind, name: this.target.name, ...span };
  }

  /** Stop a job. */
  async cancel(id: string): Promise<void> {
    await cancelMaterialization(this.octavo.requests, this.target.project, id);
    this.octavo.session.touch();
  }

  /** Take a schedule away. */
  async unschedule(id: string): Promise<void> {
    await deleteMaterializationSchedule(this.octavo.requests, this.target.project, id);
    this.octavo.session.touch();
  }

  /** Expect nothing of the view any more. */
  async expectNothing(): Promise<void> {
    await removeExpectation(this.octavo.requests, this.target.project, this.target.name);
    this.octavo.session.touch();
  }

  dispose(): void {
    this.octavo.session.touched.disconnect(this._renew, this);
    this.standing.changed.disconnect(this._pace, this);
    this.standing.dispose();
  }

  private async _load(signal: AbortSignal): Promise<IStanding> {
    const { requests } = this.octavo;
    const { project, kind, name } = this.target;
    if (kind === 'view') {
      const view = await readViewMaterialization(requests, project, name, signal);
      return { view, jobs: view.jobs, schedules: view.schedules, nextAt: view.next_at };
    }
    const [jobs, schedules] = await Promise.all([listMaterializations(requests, project, name, signal), listMaterializationSchedules(requests, project, signal)]);
    const mine = schedules.items.filter(one => one.kind === kind && one.name === name);
    const next = mine.map(one => one.next_at).filter(Boolean).sort()[0] ?? null;
    return { view: null, jobs: jobs.items.filter(one => one.kind === kind), schedules: mine, nextAt: next };
  }

  private _pace(): void {
    const live = this.standing.state.value?.jobs.some(isUnderWay) ?? false;
    if (live !== this._live) {
      this._live = live;
      this._poll(live ? LIVE_SECONDS : this.octavo.session.settings.refreshSeconds);
    }
  }

  private _poll(seconds: number): void {
    this.standing.poll(seconds);
  }

  private _renew(): void {
    void this.standing.refresh();
  }

  private _live = false;
}
