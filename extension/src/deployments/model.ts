import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { DeploymentDetail, DeploymentRequest, InvocationAnswer, Row } from '../api/deployments';
import { invoke, promote, readDeployment, readDeploymentRequest, reviewDeployment, rollBack } from '../api/deployments';
import type { AlertList, MonitorSummary } from '../api/monitoring';
import { listAlerts, readMonitor } from '../api/monitoring';
import type { IReviewBody } from '../api/notebooks';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

const LIVE_SECONDS = 5;

/** A deployment: what is desired, what is live, how it is. */
export class DeploymentModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    const { requests } = _octavo;
    this.deployment = new Resource(signal => readDeployment(requests, this.project, this.name, signal));
    this.monitor = new Resource<MonitorSummary>(signal => readMonitor(requests, this.project, this.name, '1h', signal));
    this.alerts = new Resource<AlertList>(signal => listAlerts(requests, this.project, signal));
    this.deployment.poll(LIVE_SECONDS);
    this.monitor.poll(LIVE_SECONDS * 2);
    this.alerts.poll(LIVE_SECONDS * 4);
  }

  readonly project: string;
  readonly name: string;
  readonly deployment: Resource<DeploymentDetail>;
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

  async rollBack(reason: string): Promise<void> {
    await rollBack(this._octavo.requests, this.project, this.name, reason);
    await this.deployment.refresh();
    this._octavo.session.touch();
  }

  async promote(reason: string): Promise<void> {
    await promote(this._octavo.requests, this.project, this.name, reason);
    await this.deployment.refresh();
    this._octavo.session.touch();
  }

  /** Score one row through the public way in. */
  score(row: Row): Promise<InvocationAnswer> {
    return invoke(this._octavo.requests, this.project, this.name, [row]);
  }

  dispose(): void {
    this.deployment.dispose();
    this.monitor.dispose();
    this.alerts.dispose();
    Signal.clearData(this);
  }

  private readonly _monitorWanted = new Signal<this, string>(this);
}

/** A request to deploy, reloaded until it is applied. */
export class DeploymentRequestModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    this.request = new Resource(signal => readDeploymentRequest(_octavo.requests, this.project, this.id, signal));
    this.request.poll(LIVE_SECONDS);
  }

  readonly project: string;
  readonly id: string;
  readonly request: Resource<DeploymentRequest>;

  get isDisposed(): boolean {
    return this.request.isDisposed;
  }

  /** Approve exactly what is on screen, or reject it. */
  async decide(body: IReviewBody): Promise<void> {
    this.request.put(await reviewDeployment(this._octavo.requests, this.project, this.id, body));
    this._octavo.session.touch();
  }

  dispose(): void {
    this.request.dispose();
  }
}
