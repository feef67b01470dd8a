import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { CostReport, IWorkspace, Me } from '../api/workspaces';
import { readMe, readProjectCost } from '../api/workspaces';
import type { Requests } from '../request';
import { Resource } from '../resource';
import { Mine } from './mine';

/** What the panels ask for before they offer an action. */
export type Permission =
  | 'batches.cancel'
  | 'batches.run'
  | 'consumers.manage'
  | 'deployments.evidence'
  | 'deployments.invoke'
  | 'deployments.log_change'
  | 'deployments.pause'
  | 'deployments.promote'
  | 'deployments.request'
  | 'deployments.rollback'
  | 'edge.manage'
  | 'experiments.write'
  | 'features.cancel'
  | 'features.expect'
  | 'features.materialize'
  | 'features.online'
  | 'features.propose'
  | 'pipelines.cancel'
  | 'pipelines.create'
  | 'pipelines.resolve'
  | 'pipelines.run'
  | 'pipelines.schedule'
  | 'registry.alias'
  | 'registry.register';

/** The settings of the panels, as the settings editor keeps them. */
export interface IPanelSettings {
  /** Seconds between two refreshes of a list. */
  refreshSeconds: number;
  /** Project that is shown first; empty: the workspace's own. */
  project: string;
}

const COST_SECONDS = 60;

/** Who works here, in which project, for how much. */
export class Session implements IDisposable {
  constructor(readonly requests: Requests) {
    this.me = new Resource(signal => readMe(requests, signal));
    this.workspace = new Resource(() => requests.workspace<IWorkspace>());
    this.cost = new Resource<CostReport>(signal => readProjectCost(requests, this._project, {}, signal));
    this.mine = new Mine(requests);
  }

  readonly me: Resource<Me>;
  readonly workspace: Resource<IWorkspace>;
  readonly cost: Resource<CostReport>;
  /** The workspace that this is: its cost, and when it stops. */
  readonly mine: Mine;

  /** The project that the panels show; empty until it is known. */
  get project(): string {
    return this._project;
  }

  get projectChanged(): ISignal<this, string> {
    return this._projectChanged;
  }

  /** What is typed into the search box; the sections show what matches. */
  get query(): string {
    return this._query;
  }

  set query(query: string) {
    this._query = query;
    this._queryChanged.emit(query);
  }

  get queryChanged(): ISignal<this, string> {
    return this._queryChanged;
  }

  /** Emits when something of the project was changed here, so that open views load it anew. */
  get touched(): ISignal<this, void> {
    return this._touched;
  }

  /** Say that something of the project was changed here. */
  touch(): void {
    this._touched.emit();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  settings: IPanelSettings = { refreshSeconds: 10, project: '' };

  /** Find out who and where we are, and pick the project to begin with. */
  async start(): Promise<void> {
    this.mine.start();
    await Promise.all([this.me.refresh(), this.workspace.refresh()]);
    const names = this.me.state.value?.projects.map(project => project.name) ?? [];
    const wanted = [this.settings.project, this.workspace.state.value?.project ?? '', ...names];
    const first = wanted.find(name => names.includes(name));
    if (first) {
      this.pick(first);
    }
  }

  /** Show another project. */
  pick(project: string): void {
    if (project === this._project) {
      return;
    }
    this._project = project;
    this._projectChanged.emit(project);
    this.cost.poll(COST_SECONDS);
  }

  /** Whether the person holds a role in the shown project or on the platform. */
  holds(role: string): boolean {
    const me = this.me.state.value;
    const here = me?.projects.find(project => project.name === this._project)?.roles ?? [];
    return [...here, ...(me?.platform_roles ?? [])].includes(role);
  }

  /** Why the person may not use a permission in a project, as the service says it; undefined: they may, or it isn't known yet. */
  refusal(permission: Permission, project: string = this._project): string | undefined {
    return this.me.state.value?.projects.find(one => one.name === project)?.refusals[permission];
  }

  dispose(): void {
    for (const resource of [this.me, this.workspace, this.cost, this.mine]) {
      resource.dispose();
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _project = '';
  private _query = '';
  private _isDisposed = false;
  private readonly _touched = new Signal<this, void>(this);
  private readonly _projectChanged = new Signal<this, string>(this);
  private readonly _queryChanged = new Signal<this, string>(this);
}
