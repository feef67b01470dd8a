import type { IDisposable } from '@lumino/disposable';

import type { DeploymentRequest, DeploymentReview } from '../api/deployments';
import { gatherEvidence, readDeploymentRequest, reviewDeployment } from '../api/deployments';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

const LIVE_SECONDS = 3;

/** A request to deploy with its evidence, reloaded until it is applied. */
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
  async decide(body: DeploymentReview): Promise<void> {
    this.request.put(await reviewDeployment(this._octavo.requests, this.project, this.id, body));
    this._octavo.session.touch();
  }

  /** Have the evidence gathered again. */
  async gather(): Promise<void> {
    this.request.put(await gatherEvidence(this._octavo.requests, this.project, this.id));
  }

  dispose(): void {
    this.request.dispose();
  }
}
