import { ReactWidget } from '@jupyterlab/ui-components';
import type { Popup } from '@jupyterlab/statusbar';
import { showPopup } from '@jupyterlab/statusbar';
import * as React from 'react';

import type { Mine } from '../shell/mine';
import { details, outlook } from '../shell/outlook';
import { money } from '../ui/format';
import { Failure, Stale, useResource } from '../ui/states';
import { useNow } from '../ui/Time';
import { trans } from '../words';
import { Popup as PopupBody } from './components/Popup';

const TICK_MS = 5000;

/** What the popup's buttons do. */
export interface IWorkspaceActions {
  extend: () => void;
  handOff: () => void;
  stop: () => void;
}

/** The status bar's item: cost so far and the countdown; a click opens the popup. */
export class WorkspaceStatus extends ReactWidget {
  constructor(
    private readonly _mine: Mine,
    private readonly _actions: IWorkspaceActions
  ) {
    super();
    this.addClass('jp-octavo-Status');
    this.addClass('jp-mod-highlighted');
    _mine.resource.changed.connect(this._look, this);
    this._look();
  }

  /** Open the popup, or close it when it is open. */
  toggle(): void {
    if (this._popup && !this._popup.isDisposed) {
      this._popup.dispose();
      return;
    }
    const body = ReactWidget.create(<BoundPopup mine={this._mine} actions={this._closing()} />);
    body.addClass('jp-octavo-Workspace-popup');
    this._popup = showPopup({ body, anchor: this, align: 'right', hasDynamicSize: true });
    this._popup.id = 'octavo-workspace-popup';
    body.node.tabIndex = -1;
    body.node.focus();
  }

  override dispose(): void {
    this._mine.resource.changed.disconnect(this._look, this);
    this._popup?.dispose();
    super.dispose();
  }

  protected override render(): React.JSX.Element {
    return <StatusText mine={this._mine} onClick={() => this.toggle()} />;
  }

  /** The actions, each of which closes the popup first: its dialog comes over everything. */
  private _closing(): IWorkspaceActions {
    const first = (action: () => void) => () => {
      this._popup?.dispose();
      action();
    };
    const { extend, handOff, stop } = this._actions;
    return { extend: first(extend), handOff: first(handOff), stop: first(stop) };
  }

  private _look(): void {
    const { value, error } = this._mine.resource.state;
    this.setHidden(!value && !error);
  }

  private _popup: Popup | null = null;
}

/** The words of the status bar's item. */
export function StatusText(props: { mine: Mine; onClick: () => void }): React.JSX.Element | null {
  const state = useResource(props.mine.resource);
  const now = useNow(TICK_MS);
  const session = state.value;
  if (!session) {
    return state.error ? (
      <button type="button" className="jp-octavo-Status-button jp-mod-warn" title={state.error.message} onClick={props.onClick}>
        {trans.__('Octavo doesn’t answer')}
      </button>
    ) : null;
  }
  const next = outlook(session, now);
  const words = state.error ? trans.__('Octavo doesn’t answer') : next.text;
  return (
    <button
      type="button"
      className={`jp-octavo-Status-button jp-mod-${state.error ? 'warn' : next.level}`}
      aria-haspopup="dialog"
      title={state.error ? `${state.error.message}\n${details(session)}` : details(session)}
      onClick={props.onClick}
    >
      {trans.__('%1 · %2', money(session.cost_eur), words)}
    </button>
  );
}

/** The popup in whichever state the workspace's facts are. */
export function BoundPopup(props: { mine: Mine; actions: IWorkspaceActions }): React.JSX.Element {
  const state = useResource(props.mine.resource);
  const now = useNow(TICK_MS);
  const refresh = (): void => void props.mine.resource.refresh();
  if (!state.value) {
    return <div className="jp-octavo-Workspace">{state.error ? <Failure error={state.error} onRetry={refresh} /> : <p>{trans.__('This JupyterLab is no workspace of Octavo.')}</p>}</div>;
  }
  const { extend, handOff, stop } = props.actions;
  return (
    <>
      <Stale state={state} onRefresh={refresh} />
      <PopupBody session={state.value} now={now} onExtend={extend} onHandOff={handOff} onStop={stop} />
    </>
  );
}
