import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import type { Requests } from '../request';
import { Resource } from '../resource';
import type { Session } from './session';

/** A list of the shown project: loaded when a project is picked, refreshed as the settings say. */
export class ProjectList<T> implements IDisposable {
  constructor(
    private readonly _session: Session,
    load: (requests: Requests, project: string, signal: AbortSignal) => Promise<T>
  ) {
    this.resource = new Resource<T>(signal => load(_session.requests, _session.project, signal));
    _session.projectChanged.connect(this._start, this);
    _session.touched.connect(this._renew, this);
    if (_session.project) {
      this._start();
    }
  }

  readonly resource: Resource<T>;

  get isDisposed(): boolean {
    return this.resource.isDisposed;
  }

  dispose(): void {
    this._session.projectChanged.disconnect(this._start, this);
    this._session.touched.disconnect(this._renew, this);
    this.resource.dispose();
    Signal.clearData(this);
  }

  private _renew(): void {
    void this.resource.refresh();
  }

  private _start(): void {
    void this.resource.reset();
    this.resource.poll(this._session.settings.refreshSeconds);
  }
}
