import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';

import type { WorkspaceSession } from '../api/workspaces';
import { extendMine, readMine, stopMine } from '../api/workspaces';
import type { Requests } from '../request';
import { Resource } from '../resource';

/** Well within the grace of an order to stop, and as often as the workspace tells what goes on in it. */
const EVERY_MS = 20_000;
const SLOWEST_MS = 120_000;

/** The workspace that this JupyterLab is: what it costs, when it stops, and what its person can do about that. */
export class Mine implements IDisposable {
  constructor(private readonly _requests: Requests) {
    this.resource = new Resource(signal => readMine(_requests, signal));
  }

  /** Null where this JupyterLab is no workspace of a Hub. */
  readonly resource: Resource<WorkspaceSession | null>;

  /** What was last heard; null when there is no workspace, or nothing was heard yet. */
  get session(): WorkspaceSession | null {
    return this.resource.state.value ?? null;
  }

  get isDisposed(): boolean {
    return this.resource.isDisposed;
  }

  /** Follow the workspace, also in a tab that nobody looks at: an order to stop has to be heard there too. */
  start(): void {
    this._poll ??= new Poll({
      auto: true,
      name: 'octavo-lab:mine',
      standby: 'never',
      frequency: { interval: EVERY_MS, backoff: true, max: SLOWEST_MS },
      factory: async () => {
        await this.resource.refresh();
        if (this.resource.state.error) {
          throw this.resource.state.error;
        }
      }
    });
  }

  /** Use the one extension. */
  async extend(reason: string): Promise<void> {
    this.resource.put(await extendMine(this._requests, reason));
  }

  /** Ask for the workspace's end. */
  async stop(reason: 'stopped' | 'handed_off' = 'stopped'): Promise<void> {
    this.resource.put(await stopMine(this._requests, reason));
  }

  dispose(): void {
    this._poll?.dispose();
    this.resource.dispose();
  }

  private _poll: Poll | undefined;
}
