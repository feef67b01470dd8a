import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import type { IDisposable } from '@lumino/disposable';

import type { WorkspaceSession } from '../api/workspaces';
import type { Mine } from '../shell/mine';

/** How long before a stop open documents are saved; a hidden tab's timers come once a minute only. */
const BEFORE_MS = 90_000;
const TICK_MS = 15_000;

/**
 * Saves what is open, one request after the other: of two savings of one file at once JupyterLab takes the first for
 * somebody else's change, and asks which shall stay.
 */
export class Saver {
  constructor(
    private readonly _shell: JupyterFrontEnd.IShell,
    private readonly _documents: IDocumentManager
  ) {}

  /** Save every changed document of the main area; answers the paths that could not be saved. */
  async save(): Promise<string[]> {
    const saving = this._last.then(() => this._saveAll());
    this._last = saving;
    return saving;
  }

  private async _saveAll(): Promise<string[]> {
    const failed: string[] = [];
    const seen = new Set<string>();
    for (const widget of this._shell.widgets('main')) {
      const context = this._documents.contextForWidget(widget);
      if (context && context.model.dirty && !context.model.readOnly && !seen.has(context.path)) {
        seen.add(context.path);
        await context.save().catch(() => failed.push(context.path));
      }
    }
    return failed;
  }

  private _last: Promise<unknown> = Promise.resolve();
}

/** When a workspace ends by what is known now, in milliseconds; null when nothing ends it. */
export function endMs(session: WorkspaceSession): number | null {
  const ends = [session.stop_at, session.ends_at, session.idle_stop_at].filter(at => at !== null).map(at => Date.parse(at));
  return ends.length > 0 ? Math.min(...ends) : null;
}

/** Saves what is open shortly before the workspace stops, for whatever reason. */
export class LastSave implements IDisposable {
  constructor(
    private readonly _mine: Mine,
    private readonly _save: () => void
  ) {
    this._mine.resource.changed.connect(this._look, this);
    this._timer = window.setInterval(() => this._look(), TICK_MS);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    window.clearInterval(this._timer);
    this._mine.resource.changed.disconnect(this._look, this);
  }

  private _look(): void {
    const end = this._mine.session && endMs(this._mine.session);
    if (end !== null && end - Date.now() <= BEFORE_MS) {
      this._save();
    }
  }

  private _isDisposed = false;
  private readonly _timer: number;
}
