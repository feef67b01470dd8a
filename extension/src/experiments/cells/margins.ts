import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';

import type { IOctavo } from '../../tokens';
import type { IRunFeed } from '../feed';
import type { Whose } from './margin';
import { MarginModel } from './margin';
import { MarginMarks } from './marks';
import { homePath } from './paths';

interface IMargin {
  model: MarginModel;
  marks: MarginMarks;
}

/** A text of the filter language; quotes in it would end it, so they are escaped. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The filter that finds the runs of a notebook's cell, of everybody or of one owner. */
export function cellFilter(path: string, cell: string, owner?: string): string {
  const clauses = [`tags."octavo.notebook.path" = ${quoted(path)}`, `tags."octavo.notebook.cell" = ${quoted(cell)}`];
  return [...clauses, ...(owner === undefined ? [] : [`owner = ${quoted(owner)}`])].join(' and ');
}

/** The margins of all open notebooks; none while the setting is off. */
export class Margins {
  constructor(
    private readonly _octavo: IOctavo,
    private readonly _feed: IRunFeed,
    private readonly _notebooks: INotebookTracker
  ) {
    _octavo.session.workspace.changed.connect(this._onWorkspace, this);
    _notebooks.widgetAdded.connect((_, panel) => void panel.context.ready.then(() => this._add(panel)));
  }

  /** Show the margins or don't, and say whose runs they are about. */
  set(shown: boolean, whose: Whose): void {
    this._shown = shown;
    this._whose = whose;
    for (const { model } of this._margins.values()) {
      model.whose = whose;
    }
    if (shown) {
      this._notebooks.forEach(panel => void panel.context.ready.then(() => this._add(panel)));
    } else {
      [...this._margins.values()].forEach(margin => margin.marks.dispose());
    }
  }

  /** Id of the active cell where it has made runs, else null. */
  activeCell(): string | null {
    const panel = this._notebooks.currentWidget;
    const id = this._notebooks.activeCell?.model.id;
    const model = panel ? this._margins.get(panel)?.model : undefined;
    return id !== undefined && model?.history(id) ? id : null;
  }

  /** Open the runs of the active cell. */
  openRuns(): void {
    const cell = this.activeCell();
    const panel = this._notebooks.currentWidget;
    if (cell !== null && panel) {
      this._openRuns(this._path(panel), cell);
    }
  }

  private _openRuns(path: string, cell: string): void {
    const { project, me } = this._octavo.session;
    const owner = this._whose === 'mine' ? me.state.value?.name : undefined;
    this._octavo.open('runs', { project, filter: cellFilter(path, cell, owner) });
  }

  /** The notebook's path as runs name it; empty until it is known where the workspace's files are. */
  private _path(panel: NotebookPanel): string {
    const workspace = this._octavo.session.workspace.state.value;
    return workspace ? homePath(panel.context.localPath, workspace.folder) : '';
  }

  private _onWorkspace(): void {
    for (const [panel, { model }] of this._margins) {
      model.path = this._path(panel);
    }
  }

  private _add(panel: NotebookPanel): void {
    if (!this._shown || panel.isDisposed || this._margins.has(panel)) {
      return;
    }
    const model = new MarginModel(this._octavo.session, this._feed, this._path(panel), this._whose);
    const marks = new MarginMarks(panel.content, model, cell => this._openRuns(model.path, cell));
    const onPath = (): void => {
      model.path = this._path(panel);
    };
    panel.context.pathChanged.connect(onPath);
    this._margins.set(panel, { model, marks });
    marks.disposed.connect(() => {
      panel.context.pathChanged.disconnect(onPath);
      this._margins.delete(panel);
    });
  }

  private readonly _margins = new Map<NotebookPanel, IMargin>();
  private _shown = false;
  private _whose: Whose = 'mine';
}
