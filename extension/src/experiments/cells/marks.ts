import type { Cell } from '@jupyterlab/cells';
import type { Notebook } from '@jupyterlab/notebook';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { PanelLayout } from '@lumino/widgets';
import * as React from 'react';

import type { CellHistory } from '../../api/cells';
import type { MarginModel } from './margin';
import { Mark } from './Mark';

const MARKED = 'jp-octavo-mod-marked';
const HASH_MS = 400;

/** SHA-256 of a text in hex; undefined where the browser computes none: a page without https. */
async function sha256(text: string): Promise<string | undefined> {
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (!subtle) {
    return undefined;
  }
  const digest = await subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

/** The mark of one cell; it lives and ends with the cell's input area. */
class CellMark extends ReactWidget {
  constructor(
    private readonly _cell: Cell,
    private readonly _open: () => void,
    private readonly _leave: () => void
  ) {
    super();
    this.addClass('jp-octavo-MarkHost');
    // Enter and Space press the mark; in the notebook they would edit and scroll.
    this.node.dataset['lmSuppressShortcuts'] = 'true';
    _cell.model.contentChanged.connect(this._onContent, this);
  }

  display(history: CellHistory, complete: boolean, active: boolean): void {
    const before = this._history;
    if (history === before && complete === this._complete && active === this._active) {
      return;
    }
    this._history = history;
    this._complete = complete;
    this._active = active;
    this.update();
    if (history.runs[0]?.cell_sha256 !== before?.runs[0]?.cell_sha256) {
      void this._compare();
    }
  }

  override dispose(): void {
    if (!this.isDisposed) {
      window.clearTimeout(this._timer);
      Signal.disconnectReceiver(this);
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element | null {
    return (
      this._history &&
      React.createElement(Mark, { history: this._history, complete: this._complete, stale: this._stale, active: this._active, onOpen: this._open, onLeave: this._leave })
    );
  }

  private _onContent(): void {
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => void this._compare(), HASH_MS);
  }

  /** Find out whether the cell still is what its newest execution ran. */
  private async _compare(): Promise<void> {
    const ran = this._history?.runs[0]?.cell_sha256;
    const now = ran ? await sha256(this._cell.model.sharedModel.getSource()) : undefined;
    const stale = now !== undefined && now !== ran;
    if (!this.isDisposed && stale !== this._stale) {
      this._stale = stale;
      this.update();
    }
  }

  private _history: CellHistory | null = null;
  private _complete = true;
  private _active = false;
  private _stale = false;
  private _timer = 0;
}

/**
 * Keeps a mark beside each cell of a notebook that made runs.
 *
 * Only cells with a past get anything, and only once they were drawn: a notebook draws the cells in
 * sight alone, and takes them out of the page when they leave it; the mark goes with its cell.
 */
export class MarginMarks implements IDisposable {
  constructor(
    private readonly _notebook: Notebook,
    private readonly _model: MarginModel,
    private readonly _open: (cell: string) => void
  ) {
    _model.changed.connect(this._later, this);
    _notebook.modelContentChanged.connect(this._later, this);
    _notebook.activeCellChanged.connect(this._later, this);
    _notebook.disposed.connect(this.dispose, this);
    this._later();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Emits when the marks are gone. */
  get disposed(): ISignal<this, void> {
    return this._disposed;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.cancelAnimationFrame(this._frame);
    Signal.disconnectReceiver(this);
    for (const [cell, mark] of [...this._marks]) {
      this._remove(cell, mark);
    }
    this._model.dispose();
    this._disposed.emit();
    Signal.clearData(this);
  }

  /** Look over the cells once in the next frame, however much happened until then. */
  private _later(): void {
    if (this._frame === 0) {
      this._frame = window.requestAnimationFrame(() => {
        this._frame = 0;
        this._look();
      });
    }
  }

  private _look(): void {
    for (const cell of this._notebook.widgets) {
      const history = cell.model.type === 'code' ? this._model.history(cell.model.id) : undefined;
      const mark = this._marks.get(cell);
      if (history && mark) {
        mark.display(history, this._model.complete, cell === this._notebook.activeCell);
      } else if (history && !this._awaited.has(cell)) {
        this._awaited.add(cell);
        void cell.ready.then(() => this._place(cell));
      } else if (mark && !history) {
        this._remove(cell, mark);
      }
    }
  }

  private _place(cell: Cell): void {
    this._awaited.delete(cell);
    const history = cell.isDisposed || this._isDisposed ? undefined : this._model.history(cell.model.id);
    if (!history || !cell.inputArea || this._marks.has(cell)) {
      return;
    }
    const mark = new CellMark(
      cell,
      () => this._open(cell.model.id),
      () => this._notebook.node.focus()
    );
    this._marks.set(cell, mark);
    mark.disposed.connect(() => this._marks.delete(cell));
    mark.display(history, this._model.complete, cell === this._notebook.activeCell);
    cell.inputArea.addClass(MARKED);
    (cell.inputArea.layout as PanelLayout).addWidget(mark);
  }

  private _remove(cell: Cell, mark: CellMark): void {
    cell.inputArea?.removeClass(MARKED);
    mark.dispose();
  }

  private readonly _marks = new Map<Cell, CellMark>();
  private readonly _awaited = new WeakSet<Cell>();
  private readonly _disposed = new Signal<this, void>(this);
  private _frame = 0;
  private _isDisposed = false;
}
