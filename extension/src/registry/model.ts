import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { AliasesOn, DifferenceList, IVersionOf, TagList, VersionComparison, VersionProof } from '../api/proof';
import { aliasesOn, compareVersions, listRegistryDifferences, listTags, readProof, removeTag, setTag } from '../api/proof';
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
    this._wanted = Number(args['version'] ?? 0) || 0;
    const { requests, session } = _octavo;
    const { project, name } = this;
    this.detail = new Resource(signal => readModel(requests, project, name, signal));
    this.moves = new Resource(signal => listAliases(requests, project, name, { alias: this._alias }, signal));
    this.version = new Resource<ModelVersionDetail>(signal => readVersion(requests, project, name, this._number, signal));
    this.tags = new Resource(signal => listTags(requests, this.of, signal));
    this.proof = new Resource(signal => readProof(requests, this.of, signal));
    this.comparison = new Resource(signal => compareVersions(requests, project, name, this._compared, signal));
    this.then = new Resource(signal => aliasesOn(requests, project, name, this._at, signal));
    this.differences = new Resource(signal => listRegistryDifferences(requests, project, signal));
    this.detail.changed.connect(this._pickNewest, this);
    session.touched.connect(this._renew, this);
    this.detail.poll(session.settings.refreshSeconds * 3);
    this.differences.poll(session.settings.refreshSeconds * 3);
  }

  readonly project: string;
  readonly name: string;
  readonly detail: Resource<ModelDetail>;
  readonly moves: Resource<AliasHistory>;
  readonly version: Resource<ModelVersionDetail>;
  readonly tags: Resource<TagList>;
  readonly proof: Resource<VersionProof>;
  readonly comparison: Resource<VersionComparison>;
  /** Where the aliases pointed at the moment that was asked for. */
  readonly then: Resource<AliasesOn>;
  /** What was changed in MLflow past Octavo, of all models of the project. */
  readonly differences: Resource<DifferenceList>;

  /** The version that is looked at; 0 until the model is loaded. */
  get number(): number {
    return this._number;
  }

  /** What names the version that is looked at. */
  get of(): IVersionOf {
    return { project: this.project, name: this.name, version: this._number };
  }

  /** The alias whose moves are shown; empty: of all. */
  get alias(): string {
    return this._alias;
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
    if (number !== this._number) {
      this._number = number;
      this._picked.emit(number);
      void this.version.reset();
      void this.tags.reset();
    }
  }

  /** Put versions side by side. */
  compare(versions: readonly number[]): void {
    this._compared = versions;
    void this.comparison.reset();
  }

  /** Ask where the aliases pointed at a moment, in UTC. */
  ask(at: string): void {
    this._at = at;
    void this.then.reset();
  }

  /** Show the moves of one alias; empty: of all. */
  only(alias: string): void {
    this._alias = alias;
    void this.moves.reset();
  }

  /** Load moves that are older than those which are shown. */
  async older(): Promise<void> {
    const shown = this.moves.state.value;
    if (shown?.next_cursor) {
      const more = await listAliases(this._octavo.requests, this.project, this.name, { alias: this._alias, cursor: shown.next_cursor });
      this.moves.put({ ...more, items: [...shown.items, ...more.items] });
    }
  }

  /** Let an alias point to a version, unless somebody moved it meanwhile. */
  async move(alias: string, version: number, reason: string): Promise<void> {
    const expected = new Map(Object.entries(this.detail.state.value?.model.aliases ?? {})).get(alias) ?? null;
    await moveAlias(this._octavo.requests, this.project, this.name, alias, { version, reason, expected });
    this._octavo.session.touch();
    await this.version.refresh();
  }

  /** Set a tag of the version that is looked at. */
  async tag(key: string, value: string): Promise<void> {
    await setTag(this._octavo.requests, this.of, key, value);
    await this.tags.refresh();
  }

  /** Take a tag of the version that is looked at away. */
  async untag(key: string): Promise<void> {
    await removeTag(this._octavo.requests, this.of, key);
    await this.tags.refresh();
  }

  /** Check the stored bytes and the signature of the version that is looked at. */
  verify(): Promise<ModelVerification> {
    return verifyVersion(this._octavo.requests, this.project, this.name, this._number);
  }

  dispose(): void {
    this._octavo.session.touched.disconnect(this._renew, this);
    for (const resource of [this.detail, this.moves, this.version, this.tags, this.proof, this.comparison, this.then, this.differences]) {
      resource.dispose();
    }
    Signal.clearData(this);
  }

  private _renew(): void {
    void this.detail.refresh();
    if (this.moves.state.at) {
      void this.moves.refresh();
    }
  }

  /** Look at the wanted version first, else the newest; then at one that was registered meanwhile. */
  private _pickNewest(): void {
    const versions = this.detail.state.value?.versions.map(one => one.version) ?? [];
    const newest = Math.max(...versions, 0);
    if (newest > this._newest) {
      const wanted = this._newest === 0 && versions.includes(this._wanted) ? this._wanted : newest;
      this._newest = newest;
      this.pick(wanted);
    }
  }

  private readonly _wanted: number;
  private _newest = 0;
  private _number = 0;
  private _alias = '';
  private _at = '';
  private _compared: readonly number[] = [];
  private readonly _picked = new Signal<this, number>(this);
}
