import { ReactWidget, UseSignal } from '@jupyterlab/ui-components';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import { octavoIcon } from '../icon';
import type { ISection } from '../tokens';
import { Empty, Failure, Skeleton, useResource } from '../ui/states';
import { useNow } from '../ui/Time';
import { trans } from '../words';
import { Header } from './components/Header';
import { SectionBox } from './components/SectionBox';
import { useProject, useQuery } from './hooks';
import { rowKeys } from './keys';
import type { Session } from './session';

const STATE_KEY = 'octavo-lab:open-sections';
const OPEN_FIRST = ['features', 'experiments', 'models', 'notebooks', 'deployments'];

/** Which sections there are, and which are open; kept over reloads. */
export class SidebarModel {
  constructor(private readonly _state: IStateDB | null) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get sections(): readonly ISection[] {
    return this._sections;
  }

  isOpen(id: string): boolean {
    return this._open.has(id);
  }

  /** Read which sections were open when the page was last left. */
  async restore(): Promise<void> {
    const open = await this._state?.fetch(STATE_KEY);
    if (Array.isArray(open)) {
      this._open = new Set(open.map(String));
      this._changed.emit();
    }
  }

  add(section: ISection): void {
    this._sections = [...this._sections, section].sort((a, b) => a.rank - b.rank);
    this._changed.emit();
  }

  toggle(id: string): void {
    if (!this._open.delete(id)) {
      this._open.add(id);
    }
    void this._state?.save(STATE_KEY, [...this._open]);
    this._changed.emit();
  }

  private _sections: readonly ISection[] = [];
  private _open = new Set<string>(OPEN_FIRST);
  private readonly _changed = new Signal<this, void>(this);
}

/** Octavo's panel in the left sidebar. */
export class Sidebar extends ReactWidget {
  constructor(
    private readonly _session: Session,
    private readonly _model: SidebarModel,
    private readonly _onCost: () => void
  ) {
    super();
    this.id = 'octavo-sidebar';
    this.title.icon = octavoIcon;
    this.title.caption = trans.__('Octavo');
    this.addClass('jp-octavo-Sidebar');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', trans.__('Octavo panels'));
  }

  protected override render(): React.JSX.Element {
    return (
      <>
        <BoundHeader session={this._session} onCost={this._onCost} />
        <UseSignal signal={this._model.changed}>{() => <Sections session={this._session} model={this._model} />}</UseSignal>
      </>
    );
  }
}

function BoundHeader(props: { session: Session; onCost: () => void }): React.JSX.Element {
  const { session } = props;
  const mine = useResource(session.mine.resource).value ?? null;
  const now = useNow();
  return (
    <Header
      me={useResource(session.me).value}
      project={useProject(session)}
      query={useQuery(session)}
      cost={useResource(session.cost).value}
      mine={mine}
      profileId={useResource(session.workspace).value?.profile ?? ''}
      now={now}
      onProject={project => session.pick(project)}
      onQuery={query => (session.query = query)}
      onCost={props.onCost}
    />
  );
}

function Sections(props: { session: Session; model: SidebarModel }): React.JSX.Element {
  const { session, model } = props;
  const me = useResource(session.me);
  const project = useProject(session);
  if (!me.value) {
    return me.error ? <Failure error={me.error} onRetry={() => void session.start()} /> : <Skeleton lines={8} />;
  }
  if (!project) {
    return (
      <Empty icon={octavoIcon} title={trans.__('You belong to no project yet')}>
        {trans.__('A platform admin can add you to one; then reload this page.')}
      </Empty>
    );
  }
  return (
    <div className="jp-octavo-Sections" onKeyDown={rowKeys}>
      {model.sections
        .filter(section => !section.role || session.holds(section.role))
        .map(section => (
          <SectionBox key={section.id} section={section} open={model.isOpen(section.id)} onToggle={() => model.toggle(section.id)} />
        ))}
    </div>
  );
}
