import type { IDisposable } from '@lumino/disposable';

import type { IReviewBody } from '../../api/notebooks';
import type { CurrentDeclaration, Declaration, FeatureChangeDetail, FeatureChangePage, FeaturePlan, LakeTables } from '../../api/publishing';
import { cancelFeatureChange, listFeatureChanges, listLakeTables, planFeatures, proposeFeatures, readDeclaration, readFeatureChange, reviewFeatureChange } from '../../api/publishing';
import { Resource } from '../../resource';
import { ProjectList } from '../../shell/list';
import type { Session } from '../../shell/session';
import type { IOctavo, ViewArgs } from '../../tokens';

const LIVE_SECONDS = 3;
const UNDER_WAY = new Set(['planned', 'approved', 'applying']);

/** Whether a change can still become something. */
export function isOpen(change: { state: string }): boolean {
  return UNDER_WAY.has(change.state);
}

/** The changes of the shown project's features. */
export class ChangeList extends ProjectList<FeatureChangePage> {
  constructor(session: Session) {
    super(session, listFeatureChanges);
  }
}

/** The form of one view: what is declared now, what it would change, and the way to a review. */
export class EditModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.name = args['name'] ?? '';
    const { requests } = _octavo;
    this.start = new Resource<[CurrentDeclaration, LakeTables]>(signal =>
      Promise.all([readDeclaration(requests, this.project, signal), this.name ? { items: [] } : listLakeTables(requests, this.project, signal)])
    );
    void this.start.refresh();
  }

  readonly project: string;
  /** The view that is edited; empty: one is added. */
  readonly name: string;
  readonly start: Resource<[CurrentDeclaration, LakeTables]>;

  get isDisposed(): boolean {
    return this.start.isDisposed;
  }

  /** See what a declaration would change. */
  plan(declaration: Declaration): Promise<FeaturePlan> {
    return planFeatures(this._octavo.requests, this.project, declaration);
  }

  /** Offer it for review and show the change. */
  async propose(declaration: Declaration, reason: string, base: string | null): Promise<void> {
    const made = await proposeFeatures(this._octavo.requests, this.project, { declaration, reason, base_snapshot: base });
    this._octavo.session.touch();
    this._octavo.open('feature-change', { project: this.project, id: made.id });
  }

  dispose(): void {
    this.start.dispose();
  }
}

/** One change under review or being applied, reloaded until it ends. */
export class ChangeModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    this.change = new Resource(signal => readFeatureChange(_octavo.requests, this.project, this.id, signal));
    this.change.poll(LIVE_SECONDS);
    this.change.changed.connect(this._tell, this);
  }

  readonly project: string;
  readonly id: string;
  readonly change: Resource<FeatureChangeDetail>;

  get isDisposed(): boolean {
    return this.change.isDisposed;
  }

  /** Approve exactly what is on screen, or reject it. */
  async decide(body: IReviewBody): Promise<void> {
    this.change.put(await reviewFeatureChange(this._octavo.requests, this.project, this.id, body));
    this._octavo.session.touch();
  }

  /** Withdraw it, or stop applying it. */
  async cancel(): Promise<void> {
    this.change.put(await cancelFeatureChange(this._octavo.requests, this.project, this.id));
    this._octavo.session.touch();
  }

  dispose(): void {
    this.change.dispose();
  }

  /** Once it has ended, what others show of the features is old. */
  private _tell(): void {
    const state = this.change.state.value?.state ?? '';
    if (this._state && this._state !== state && !UNDER_WAY.has(state)) {
      this._octavo.session.touch();
    }
    this._state = state || this._state;
  }

  private _state = '';
}
