import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { IStateDB } from '@jupyterlab/statedb';
import type { IDisposable } from '@lumino/disposable';

import type { Notice, WorkspaceSession } from '../api/workspaces';
import type { Mine } from '../shell/mine';
import { minutesUntil, reasonWord } from '../shell/outlook';
import { clock } from '../ui/format';
import { trans } from '../words';
import { rescueSentence } from './components/Popup';

const STATE_KEY = 'octavo-lab:seen-notices';
const KEPT = 200;
/** Characters of a notification that JupyterLab shows. */
const LONGEST = 140;
const TICK_MS = 10_000;
/** Minutes before the idle stop at which a person is told, the most pressing first. */
const IDLE_WARNINGS = [2, 10];
/** How the key of a notice begins that announces a stop for an idle GPU; the countdown says it. */
const GPU_STOP = 'gpu_idle:';

/** What a notification's buttons do. */
export interface INoticeActions {
  extend: () => void;
  handOff: () => void;
  save: () => void;
  cost: () => void;
}

/** A message as a notification shows it: a longer one is cut after a sentence and can be read on. */
export function inBrief(message: string): { said: string; more: Notification.IAction[] } {
  if (message.length <= LONGEST) {
    return { said: message, more: [] };
  }
  const end = message.lastIndexOf('. ', LONGEST);
  const said = end > 0 ? message.slice(0, end + 1) : `${message.slice(0, LONGEST - 1)}…`;
  const read = (): void => void showDialog({ title: trans.__('This workspace'), body: message, buttons: [Dialog.okButton()] });
  return { said, more: [{ label: trans.__('Read all'), callback: read }] };
}

/** Tells a person what they should know about their workspace: each notice once, orders until they are over. */
export class Notices implements IDisposable {
  constructor(
    private readonly _mine: Mine,
    private readonly _actions: INoticeActions,
    private readonly _state: IStateDB | null
  ) {}

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Remember what was shown before the page was loaded, then follow the workspace. */
  async start(): Promise<void> {
    const seen = await this._state?.fetch(STATE_KEY);
    this._seen = new Set(Array.isArray(seen) ? seen.map(String) : []);
    if (this._isDisposed) {
      return;
    }
    this._mine.resource.changed.connect(this._look, this);
    this._timer = window.setInterval(() => this._look(), TICK_MS);
    this._look();
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearInterval(this._timer);
    this._mine.resource.changed.disconnect(this._look, this);
  }

  private _look(): void {
    const session = this._mine.session;
    if (session) {
      this._order(session);
      this._rescue(session);
      this._idle(session, new Date());
      session.notices.forEach(notice => this._tell(session, notice));
    }
  }

  /** An order to stop stays in sight until it is carried out or taken back. */
  private _order(session: WorkspaceSession): void {
    const { stop_at: at, stop_reason: reason } = session;
    const own = reason === 'stopped' || reason === 'handed_off';
    const said = at === null || own ? '' : trans.__('This workspace stops at %1: %2. Your files are kept; save now what is only in memory.', clock(at), reasonWord(reason));
    this._keep('order', said, 'error', [{ label: trans.__('Save all'), displayType: 'accent', callback: this._actions.save }]);
  }

  private _rescue(session: WorkspaceSession): void {
    const { said, more } = inBrief(session.rescue ? rescueSentence(session) : '');
    this._keep('rescue', said, 'warning', more);
  }

  /** A countdown that is nearly over is said twice, and taken back when something happens. */
  private _idle(session: WorkspaceSession, now: Date): void {
    const left = session.stop_at === null ? minutesUntil(session.idle_stop_at, now) : null;
    const step = IDLE_WARNINGS.find(minutes => left !== null && left <= minutes);
    if (left === null || step === undefined || session.idle_stop_at === null) {
      this._keep('idle', '', 'warning', []);
      return;
    }
    const key = `idle-${step}-${session.id}-${clock(session.idle_stop_at)}`;
    if (!this._seen.has(key)) {
      this._remember(key);
      const why = session.notices.some(notice => notice.key.startsWith(GPU_STOP)) ? trans.__('The GPU isn’t used') : trans.__('Nothing runs here');
      this._keep('idle', trans.__('%1: this workspace stops in %2 min, at %3. Your files are kept.', why, left, clock(session.idle_stop_at)), 'warning', this._extension(session));
    }
  }

  private _tell(session: WorkspaceSession, notice: Notice): void {
    const saidAbove = notice.kind === 'idle' || notice.key.startsWith(GPU_STOP) || (notice.kind === 'home' && session.rescue);
    if (saidAbove || this._seen.has(notice.key)) {
      return;
    }
    this._remember(notice.key);
    const show = { info: Notification.info, warning: Notification.warning, error: Notification.error }[notice.level];
    const { said, more } = inBrief(notice.message);
    show(said, { autoClose: notice.level === 'info' && notice.kind !== 'gpu_idle' ? 15_000 : false, actions: [...more, ...this._offers(session, notice)] });
  }

  private _offers(session: WorkspaceSession, notice: Notice): Notification.IAction[] {
    if (notice.kind === 'gpu_idle') {
      return session.hand_off_to.length > 0 ? [{ label: trans.__('Hand off…'), displayType: 'accent', callback: this._actions.handOff }] : [];
    }
    return notice.kind === 'quota' || notice.kind === 'budget' ? [{ label: trans.__('Open cost'), callback: this._actions.cost }] : [];
  }

  private _extension(session: WorkspaceSession): Notification.IAction[] {
    const minutes = session.extension_minutes_left;
    return minutes > 0 ? [{ label: trans.__('Extend by %1 min', minutes), displayType: 'accent', callback: this._actions.extend }] : [];
  }

  /** Show the one notification of its kind, change its words, or take it away when there are none. */
  private _keep(kind: string, said: string, type: 'warning' | 'error', actions: Notification.IAction[]): void {
    const there = this._shown.get(kind);
    if (there?.said === said) {
      return;
    }
    if (there) {
      Notification.dismiss(there.id);
      this._shown.delete(kind);
    }
    if (said) {
      this._shown.set(kind, { said, id: Notification.emit(said, type, { autoClose: false, actions }) });
    }
  }

  private _remember(key: string): void {
    this._seen.add(key);
    void this._state?.save(STATE_KEY, [...this._seen].slice(-KEPT));
  }

  private _isDisposed = false;
  private _timer = 0;
  private _seen = new Set<string>();
  private readonly _shown = new Map<string, { said: string; id: string }>();
}
