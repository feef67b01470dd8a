import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { FeatureView, FeatureViewPage } from '../api/features';
import { listViews, readView } from '../api/features';
import { Resource } from '../resource';
import { ProjectList } from '../shell/list';
import type { Session } from '../shell/session';
import type { IOctavo, ViewArgs } from '../tokens';

const SEARCH_DELAY_MS = 250;

/** The feature views of the shown project, searched on the server as one types. */
export class FeatureList extends ProjectList<FeatureViewPage> {
  constructor(session: Session) {
    super(session, (requests, project, signal) => listViews(requests, project, session.query, signal));
    session.queryChanged.connect(this._search, this);
  }

  override dispose(): void {
    window.clearTimeout(this._timer);
    super.dispose();
  }

  private _search(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this.resource.refresh(), SEARCH_DELAY_MS);
  }

  private _timer = 0;
}

/** One feature view, and the wish to have its code in a notebook. */
export class FeatureModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    this.view = new Resource(signal => readView(octavo.requests, this.project, this.name, signal));
    void this.view.refresh();
  }

  readonly project: string;
  readonly name: string;
  readonly view: Resource<FeatureView>;

  /** Emits code that a person wants in the active notebook. */
  get codeWanted(): ISignal<this, string> {
    return this._codeWanted;
  }

  get isDisposed(): boolean {
    return this.view.isDisposed;
  }

  /** Ask for code to be put into the active notebook. */
  insert(code: string): void {
    this._codeWanted.emit(code);
  }

  dispose(): void {
    this.view.dispose();
    Signal.clearData(this);
  }

  private readonly _codeWanted = new Signal<this, string>(this);
}
