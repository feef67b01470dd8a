import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { CodeRequest, EntityValue, FeatureCode, FeatureView, History, OnlineAnswer, PreviewAnswer, Versions } from '../api/features';
import { previewFeatures, readHistory, readOnline, readVersions, readView, writeCode } from '../api/features';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import type { IAsker } from '../kernel';
import { PreviewModel } from './previewModel';

const PROOF_SUFFIX = '_known_at';
/** What other people change shows after this long, though runs may be wanted sooner. */
const LEAST_SECONDS = 30;

/** The columns that a model may learn from: a view's own proofs are not among them. */
export function inputs(view: FeatureView): string[] {
  return view.columns.filter(column => !column.endsWith(PROOF_SUFFIX));
}

/** One feature view: what is known of it, and what is asked about it. */
export class FeatureModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs,
    asker: () => IAsker | null
  ) {
    const { requests } = _octavo;
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    const [project, name] = [this.project, this.name];
    this.view = new Resource(signal => readView(requests, project, name, signal));
    this.history = new Resource(signal => readHistory(requests, project, name, signal));
    this.versions = new Resource(signal => readVersions(requests, project, name, signal));
    this.preview = new PreviewModel((body, signal) => previewFeatures(requests, project, body, signal), asker);
    _octavo.session.touched.connect(this._renew, this);
    this.view.poll(Math.max(_octavo.session.settings.refreshSeconds, LEAST_SECONDS));
  }

  readonly project: string;
  readonly name: string;
  readonly view: Resource<FeatureView>;
  readonly history: Resource<History>;
  readonly versions: Resource<Versions>;
  readonly preview: PreviewModel;

  /** The columns that are picked; null: all that a model may learn from. */
  get picked(): readonly string[] | null {
    return this._picked;
  }

  /** Pick columns for code, preview and look-up. */
  pick(columns: readonly string[] | null): void {
    this._picked = columns;
    this.preview.forget();
    this._pickChanged.emit();
  }

  get pickChanged(): ISignal<this, void> {
    return this._pickChanged;
  }

  /** Emits code that a person wants in the active notebook. */
  get codeWanted(): ISignal<this, string> {
    return this._codeWanted;
  }

  get isDisposed(): boolean {
    return this.view.isDisposed;
  }

  /** The picked columns of a view as `view:feature`, in the view's own order. */
  features(view: FeatureView): string[] {
    const wanted = new Set(this._picked ?? inputs(view));
    return view.columns.filter(column => wanted.has(column)).map(column => `${view.name}:${column}`);
  }

  /** Ask for code to be put into the active notebook. */
  insert(code: string): void {
    this._codeWanted.emit(code);
  }

  /** Have Python written. */
  code(body: CodeRequest): Promise<FeatureCode> {
    return writeCode(this._octavo.requests, this.project, body);
  }

  /** Look the newest values of an entity up. */
  online(view: FeatureView, entity: Record<string, EntityValue>): Promise<OnlineAnswer> {
    return readOnline(this._octavo.requests, this.project, this.features(view), entity);
  }

  /** Join one entity as of now, to say why nothing of it is online. */
  explain(view: FeatureView, entity: ReadonlyMap<string, EntityValue>): Promise<PreviewAnswer> {
    const keys = [...entity].map(([name, value]) => ({ name, kind: typeof value === 'number' ? ('integer' as const) : ('text' as const), values: [String(value)] }));
    return previewFeatures(this._octavo.requests, this.project, { features: this.features(view), keys, times: [new Date().toISOString()] });
  }

  dispose(): void {
    this._octavo.session.touched.disconnect(this._renew, this);
    for (const one of [this.view, this.history, this.versions, this.preview]) {
      one.dispose();
    }
    Signal.clearData(this);
  }

  private _renew(): void {
    void this.view.refresh();
  }

  private _picked: readonly string[] | null = null;
  private readonly _pickChanged = new Signal<this, void>(this);
  private readonly _codeWanted = new Signal<this, string>(this);
}
