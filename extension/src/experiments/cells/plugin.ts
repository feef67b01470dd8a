import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorServices } from '@jupyterlab/codeeditor';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { octavoIcon } from '../../icon';
import { IOctavo } from '../../tokens';
import { trans } from '../../words';
import { IRunFeed } from '../feed';
import { DifferenceModel, DifferencePage } from './difference';
import { Margins } from './margins';
import type { INotebookParts } from './notebook';
import { VersionPage } from './version';
import { VersionModel } from './versionModel';

const PLUGIN = 'octavo-lab:cells';
const TEXT = { type: 'string' } as const;

/** The commands between runs, notebooks and cells. */
export const CommandIDs = {
  version: 'octavo-lab:open-notebook-version',
  compare: 'octavo-lab:compare-notebooks',
  runs: 'octavo-lab:show-cell-runs'
} as const;

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function addViews(octavo: IOctavo, parts: INotebookParts): void {
  octavo.addView<VersionModel>({
    kind: 'notebook-version',
    icon: notebookIcon,
    title: args => trans.__('Notebook of run %1', (args['run'] ?? '').slice(0, 6)),
    model: args => new VersionModel(octavo, args),
    body: props => React.createElement(VersionPage, { ...props, parts })
  });
  octavo.addView<DifferenceModel>({
    kind: 'notebook-difference',
    icon: notebookIcon,
    title: () => trans.__('Compare notebooks'),
    model: args => new DifferenceModel(octavo, args),
    body: DifferencePage
  });
}

function addCommands(app: JupyterFrontEnd, octavo: IOctavo, margins: Margins): void {
  app.commands.addCommand(CommandIDs.version, {
    label: trans.__('Open Notebook Version'),
    caption: trans.__('Open the notebook as it was when a run began, at the cell that made it'),
    icon: notebookIcon,
    describedBy: { args: { type: 'object', properties: { project: TEXT, run: TEXT }, required: ['run'] } },
    execute: args => octavo.open('notebook-version', { project: text(args['project']) || octavo.session.project, run: text(args['run']) })
  });
  app.commands.addCommand(CommandIDs.compare, {
    label: trans.__('Compare Notebooks'),
    caption: trans.__('Show two runs as notebooks, cell by cell'),
    icon: notebookIcon,
    describedBy: { args: { type: 'object', properties: { project: TEXT, runs: TEXT }, required: ['runs'] } },
    execute: args => octavo.open('notebook-difference', { project: text(args['project']) || octavo.session.project, runs: text(args['runs']) })
  });
  app.commands.addCommand(CommandIDs.runs, {
    label: trans.__('Show Runs of This Cell'),
    caption: trans.__('The runs that the active cell has made'),
    icon: octavoIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => margins.activeCell() !== null,
    execute: () => margins.openRuns()
  });
}

async function watchSettings(registry: ISettingRegistry, margins: Margins): Promise<void> {
  const settings = await registry.load(PLUGIN);
  const read = (): void => margins.set(settings.composite['margin'] !== false, settings.composite['whose'] === 'all' ? 'all' : 'mine');
  read();
  settings.changed.connect(read);
}

/** Leads from runs to the notebook version and cell that made them, and from cells to their runs. */
export const cellsPlugin: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Opens the notebook version of a run, compares runs as notebooks, and shows metrics beside cells.',
  autoStart: true,
  requires: [IOctavo, IRunFeed, INotebookTracker, IRenderMimeRegistry, NotebookPanel.IContentFactory, IEditorServices],
  optional: [ICommandPalette, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    octavo: IOctavo,
    feed: IRunFeed,
    notebooks: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    contentFactory: NotebookPanel.IContentFactory,
    editorServices: IEditorServices,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null
  ) => {
    const margins = new Margins(octavo, feed, notebooks);
    addViews(octavo, { rendermime, contentFactory, editorServices });
    addCommands(app, octavo, margins);
    palette?.addItem({ command: CommandIDs.runs, category: trans.__('Octavo') });
    if (registry) {
      void app.started.then(() => watchSettings(registry, margins));
    } else {
      margins.set(true, 'mine');
    }
  }
};
