import type { IDisposable } from '@lumino/disposable';

import type { RunView, RunViewList, RunViewRequest } from '../api/experiments';
import { changeView, deleteView, listViews, saveView } from '../api/experiments';
import type { Requests } from '../request';
import { Resource } from '../resource';

/** How often an open table looks for what others have saved. */
const SECONDS = 30;

/** The ways to look at runs that the project shares. */
export class SavedViews implements IDisposable {
  constructor(
    private readonly _requests: Requests,
    private readonly _project: string,
    seconds = SECONDS
  ) {
    this.list = new Resource(signal => listViews(_requests, _project, signal));
    this.list.poll(seconds);
  }

  readonly list: Resource<RunViewList>;

  get isDisposed(): boolean {
    return this.list.isDisposed;
  }

  /** Keep a new view. */
  async add(view: RunViewRequest): Promise<RunView> {
    const saved = await saveView(this._requests, this._project, view);
    await this.list.refresh();
    return saved;
  }

  /** Change a view, unless somebody else did in the meantime. */
  async change(view: RunView, to: RunViewRequest): Promise<RunView> {
    const saved = await changeView(this._requests, this._project, view.view_id, { ...to, version: view.version });
    await this.list.refresh();
    return saved;
  }

  /** Delete a view; what brings it back is the answer. */
  async remove(view: RunView): Promise<RunViewRequest> {
    await deleteView(this._requests, this._project, view.view_id);
    await this.list.refresh();
    const { name, experiment, filter, order_by, columns, pins, group_by } = view;
    return { name, experiment, filter, order_by, columns, pins, group_by, version: null };
  }

  dispose(): void {
    this.list.dispose();
  }
}

/** Whether what is shown differs from a saved view. */
export function differs(view: RunView, shown: RunViewRequest): boolean {
  const facts = (one: RunView | RunViewRequest): string => JSON.stringify([one.experiment ?? null, one.filter, one.order_by, one.columns, one.pins, one.group_by ?? null]);
  return facts(view) !== facts(shown);
}
