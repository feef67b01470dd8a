import { Notification } from '@jupyterlab/apputils';
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { PanelLayout } from '@lumino/widgets';
import { Signal } from '@lumino/signaling';
import * as React from 'react';

import type { LintFinding } from '../../api/notebooks';
import { trans } from '../../words';
import { CellFindings } from './CellFindings';
import { applyEdits } from './edits';
import type { LintModel } from './model';

/** The findings below one cell; they live and end with the cell. */
class CellLint extends ReactWidget {
  constructor(private readonly _fix: (finding: LintFinding) => void) {
    super();
    this.addClass('jp-octavo-LintHost');
    // Enter and Space press a fix; in the notebook they would edit and scroll.
    this.node.dataset['lmSuppressShortcuts'] = 'true';
  }

  display(findings: readonly LintFinding[]): void {
    this._findings = findings;
    this.setHidden(findings.length === 0);
    this.update();
  }

  protected override render(): React.JSX.Element {
    return React.createElement(CellFindings, { findings: this._findings, onFix: this._fix });
  }

  private _findings: readonly LintFinding[] = [];
}

/**
 * Keeps what lint found below the cells of a notebook, up to date while it is edited.
 *
 * Cells get something once they were drawn and have a finding; what is gone is hidden at once.
 */
export class LintMargin {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _model: LintModel,
    private readonly _runAll: () => void
  ) {
    _model.changed.connect(this._look, this);
    _panel.content.modelContentChanged.connect(this._look, this);
    _panel.disposed.connect(() => {
      Signal.disconnectReceiver(this);
      _model.dispose();
    });
  }

  private _look(): void {
    for (const cell of this._panel.content.widgets) {
      const findings = this._model.of(cell.model.id);
      const there = this._hosts.get(cell);
      if (there) {
        there.display(findings);
      } else if (findings.length > 0 && !this._awaited.has(cell)) {
        this._awaited.add(cell);
        void cell.ready.then(() => this._place(cell));
      }
    }
  }

  private _place(cell: Cell): void {
    this._awaited.delete(cell);
    if (cell.isDisposed || !cell.inputArea || this._hosts.has(cell)) {
      return;
    }
    const host = new CellLint(finding => this._mend(finding));
    this._hosts.set(cell, host);
    host.disposed.connect(() => this._hosts.delete(cell));
    host.display(this._model.of(cell.model.id));
    (cell.inputArea.parent?.parent?.layout as PanelLayout | undefined)?.insertWidget(2, host);
  }

  private _mend(finding: LintFinding): void {
    const edits = finding.safe_fix?.edits ?? [];
    if (edits.some(edit => edit.kind === 'run_all')) {
      this._runAll();
    } else if (!applyEdits(this._panel.context.model.sharedModel, edits)) {
      Notification.warning(trans.__('The notebook has changed since; it is looked at again.'), { autoClose: 4000 });
      this._model.later();
    }
  }

  private readonly _hosts = new Map<Cell, CellLint>();
  private readonly _awaited = new WeakSet<Cell>();
}
