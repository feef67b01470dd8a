import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Deployment, DeploymentDetail, InvocationAnswer, RolloutEventList, Row } from '../api/deployments';
import { invoke, pause, promote, readDeployment, readHistory, resume, rollBack } from '../api/deployments';
import type { AlertList, MonitorSummary } from '../api/monitoring';
import { listAlerts, readMonitor } from '../api/monitoring';
import type { LiveFigures } from '../api/serving';
import { readLive } from '../api/serving';
import type { Requests } from '../request';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

const LIVE_SECONDS = 2;
const SLOW_SECONDS = 10;
const WINDOW_MINUTES = 60;

type Move = (requests: Requests, project: string, name: string, reason: string) => Promise<Deployment>;

/** A deployment: what is desired, what is live, how it is; reloaded every two seconds while it is looked at. */
export class DeploymentModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    const { requests } = _octavo;
    this.deployment = new Resource(signal => readDeployment(requests, this.project, this.name, signal));
    this.live = new Resource<LiveFigures>(signal => readLive(requests, this.project, this.name, WINDOW_MINUTES, signal));
    this.history = new Resource<RolloutEventList>(signal => readHistory(requests, this.project, this.name, null, signal));
    this.monitor = new Resource<MonitorSummary>(signal => readMonitor(requests, this.project, this.name, '1h', signal));
    this.alerts = new Resource<AlertList>(signal => listAlerts(requests, this.project, signal));
    this.deployment.poll(LIVE_SECONDS);
    this.live.poll(LIVE_SECONDS);
    this.history.poll(SLOW_SECONDS / 2);
    this.monitor.poll(SLOW_SECONDS);
    this.alerts.poll(SLOW_SECONDS * 2);
  }

  readonly project: string;
  readonly name: string;
  readonly deployment: Resource<DeploymentDetail>;
  readonly live: Resource<LiveFigures>;
  readonly history: Resource<RolloutEventList>;
  readonly monitor: Resource<MonitorSummary>;
  readonly alerts: Resource<AlertList>;

  /** Emits when a person wants the dashboard of the deployment. */
  get monitorWanted(): ISignal<this, string> {
    return this._monitorWanted;
  }

  get isDisposed(): boolean {
    return this.deployment.isDisposed;
  }

  /** Ask for the dashboard. */
  openMonitor(): void {
    this._monitorWanted.emit(this.name);
  }

  /** Move it back to the version before. */
  rollBack(reason: string): Promise<void> {
    return this._move(rollBack, reason);
  }

  /** Give what is rolled out all requests. */
  promote(reason: string): Promise<void> {
    return this._move(promote, reason);
  }

  /** Hold the rollout where it is. */
  pause(reason: string): Promise<void> {
    return this._move(pause, reason);
  }

  /** Let a held rollout go on. */
  resume(reason: string): Promise<void> {
    return this._move(resume, reason);
  }

  /** Earlier events, after what is loaded. */
  earlier(cursor: string): Promise<RolloutEventList> {
    return readHistory(this._octavo.requests, this.project, this.name, cursor);
  }

  /** Score one row through the public way in; what it leaves out is filled for `entity`. */
  score(row: Row, entity?: Row): Promise<InvocationAnswer> {
    const rows = entity && Object.keys(row).length === 0 ? [] : [row];
    return invoke(this._octavo.requests, this.project, this.name, rows, entity ? [entity] : []);
  }

  dispose(): void {
    for (const resource of [this.deployment, this.live, this.history, this.monitor, this.alerts]) {
      resource.dispose();
    }
    Signal.clearData(this);
  }

  private async _move(move: Move, reason: string): Promise<void> {
    await move(this._octavo.requests, this.project, this.name, reason);
    await Promise.all([this.deployment.refresh(), this.history.refresh()]);
    this._octavo.session.touch();
  }

  private readonly _monitorWanted = new Signal<this, string>(this);
}
