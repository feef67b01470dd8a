import type { INotebookModel } from '@jupyterlab/notebook';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { LintFinding, LintReport } from '../../api/notebooks';
import { lintNotebook } from '../../api/notebooks';
import type { Requests } from '../../request';
import type { Session } from '../../shell/session';

/** How long nothing must be typed before the notebook is looked at, milliseconds. */
export const QUIET_MS = 500;

/** What lint finds in a notebook while it is edited: looked at again when typing rests. */
export class LintModel implements IDisposable {
  constructor(
    private readonly _requests: Requests,
    private readonly _session: Session,
    private readonly _notebook: INotebookModel
  ) {
    _notebook.contentChanged.connect(this.later, this);
    _session.projectChanged.connect(this.later, this);
    this.later();
  }

  /** Emits when the findings have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The newest report; null before the first, and where lint can't look. */
  get report(): LintReport | null {
    return this._report;
  }

  /** The findings of one cell, the worst first. */
  of(cell: string): readonly LintFinding[] {
    return this._byCell.get(cell) ?? [];
  }

  /** Look again once nothing was typed for a moment. */
  later(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this.look(), QUIET_MS);
  }

  /** Look now. What can't be looked at has no findings: the submission says why. */
  async look(): Promise<void> {
    this._asked?.abort();
    if (this._isDisposed || !this._session.project) {
      return;
    }
    const asked = new AbortController();
    this._asked = asked;
    const notebook = JSON.parse(JSON.stringify(this._notebook.toJSON())) as Record<string, unknown>;
    const answer = await lintNotebook(this._requests, this._session.project, notebook, asked.signal).catch(() => null);
    if (!asked.signal.aborted && !this._isDisposed) {
      this._keep(answer?.lint ?? null);
    }
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      window.clearTimeout(this._timer);
      this._asked?.abort();
      Signal.disconnectReceiver(this);
      Signal.clearData(this);
    }
  }

  private _keep(report: LintReport | null): void {
    this._report = report;
    this._byCell.clear();
    for (const finding of report?.findings ?? []) {
      const cell = finding.cell === null ? undefined : this._notebook.sharedModel.cells[finding.cell];
      const id = finding.cell_id ?? cell?.getId();
      if (id !== undefined) {
        this._byCell.set(id, [...(this._byCell.get(id) ?? []), finding]);
      }
    }
    this._changed.emit();
  }

  private readonly _changed = new Signal<this, void>(this);
  private readonly _byCell = new Map<string, LintFinding[]>();
  private _report: LintReport | null = null;
  private _asked: AbortController | null = null;
  private _timer = 0;
  private _isDisposed = false;
}
