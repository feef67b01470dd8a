import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { AliasHistory, ModelDetail, ModelVersionDetail, ModelVerification } from '../api/registry';
import { listAliases, moveAlias, readModel, readVersion, verifyVersion } from '../api/registry';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

/** A model: its versions, the history of its aliases, and the version that is looked at. */
export class RegisteredModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    const { requests, session } = _octavo;
    this.detail = new Resource(signal => readModel(requests, this.project, this.name, signal));
    this.aliases = new Resource(signal => listAliases(requests, this.project, this.name, signal));
    this.version = new Resource<ModelVersionDetail>(signal => readVersion(requests, this.project, this.name, this._number, signal));
    this.detail.changed.connect(this._pickNewest, this);
    session.touched.connect(this._renew, this);
    this.detail.poll(session.settings.refreshSeconds * 3);
    void this.aliases.refresh();
  }

  readonly project: string;
  readonly name: string;
  readonly detail: Resource<ModelDetail>;
  readonly aliases: Resource<AliasHistory>;
  readonly version: Resource<ModelVersionDetail>;

  /** The version that is looked at; 0 until the model is loaded. */
  get number(): number {
    return this._number;
  }

  /** Emits when another version is looked at. */
  get picked(): ISignal<this, number> {
    return this._picked;
  }

  get isDisposed(): boolean {
    return this.detail.isDisposed;
  }

  /** Look at another version. */
  pick(number: number): void {
    this._number = number;
    this._picked.emit(number);
    void this.version.reset();
  }

  /** Let an alias point to a version, unless somebody moved it meanwhile. */
  async move(alias: string, version: number, reason: string): Promise<void> {
    const expected = this.detail.state.value?.model.aliases[alias] ?? null;
    await moveAlias(this._octavo.requests, this.project, this.name, alias, { version, reason, expected });
    this._octavo.session.touch();
    await this.version.refresh();
  }

  /** Check the stored bytes and the signature of the version that is looked at. */
  verify(): Promise<ModelVerification> {
    return verifyVersion(this._octavo.requests, this.project, this.name, this._number);
  }

  dispose(): void {
    this._octavo.session.touched.disconnect(this._renew, this);
    this.detail.dispose();
    this.aliases.dispose();
    this.version.dispose();
    Signal.clearData(this);
  }

  private _renew(): void {
    void this.detail.refresh();
    void this.aliases.refresh();
  }

  /** Look at the newest version first, and at one that was registered meanwhile. */
  private _pickNewest(): void {
    const newest = this.detail.state.value?.versions[0]?.version ?? 0;
    if (newest > this._newest) {
      this._newest = newest;
      this.pick(newest);
    }
  }

  private _newest = 0;

  private _number = 0;
  private readonly _picked = new Signal<this, number>(this);
}
