import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { refreshIcon, searchIcon, spreadsheetIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { readView, writeCode } from '../api/features';
import { octavoIcon } from '../icon';
import { asOctavoError } from '../request';
import { IOctavo } from '../tokens';
import { trans } from '../words';
import { FinderModel, FinderPage } from './finder';
import type { IAsker } from '../kernel';
import { FeatureModel, inputs } from './model';
import { FeaturePage } from './page';
import { FeatureCount, FeatureSection, SidebarSearch } from './section';

const FIND = 'octavo-lab:find-features';

/** Put code into a new cell below the active one of the notebook in front. */
export function insertCode(notebooks: INotebookTracker, code: string): void {
  const panel = notebooks.currentWidget;
  if (!panel) {
    void navigator.clipboard.writeText(code);
    Notification.info(trans.__('No notebook is open. The code is in the clipboard.'), { autoClose: 5000 });
    return;
  }
  NotebookActions.insertBelow(panel.content);
  panel.content.activeCell?.model.sharedModel.setSource(code);
  Notification.success(trans.__('Inserted into %1', panel.title.label), { autoClose: 3000 });
}

/** The kernel of the notebook in front. */
export function askerOf(notebooks: INotebookTracker): IAsker | null {
  const panel = notebooks.currentWidget;
  return panel && { label: panel.title.label, context: panel.sessionContext };
}

async function insertInputs(octavo: IOctavo, notebooks: INotebookTracker, one: { project: string; name: string }): Promise<void> {
  try {
    const view = await readView(octavo.requests, one.project, one.name);
    const features = inputs(view).map(column => `${view.name}:${column}`);
    const written = await writeCode(octavo.requests, one.project, { how: 'historical', features, service: null, frame: null });
    insertCode(notebooks, written.code);
  } catch (error) {
    const { message, remedy } = asOctavoError(error);
    Notification.error(`${message} ${remedy}`.trim());
  }
}

function addFinder(app: JupyterFrontEnd, octavo: IOctavo, notebooks: INotebookTracker, palette: ICommandPalette | null): void {
  octavo.addView<FinderModel>({
    kind: 'features',
    icon: searchIcon,
    title: args => (args['text'] ? trans.__('Find %1', args['text']) : trans.__('Find features')),
    model: args => new FinderModel(octavo, args),
    body: props => React.createElement(FinderPage, { ...props, onUse: hit => void insertInputs(octavo, notebooks, hit) })
  });
  app.commands.addCommand(FIND, {
    label: trans.__('Find Features…'),
    caption: trans.__('Search the features of all your projects'),
    icon: octavoIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => octavo.open('features', {})
  });
  palette?.addItem({ command: FIND, category: trans.__('Octavo') });
}

/** Feature views: found in the sidebar, read in the main area, tried and used in a notebook. */
export const featuresPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:features',
  description: 'Finds features, tries them on data in the kernel, and puts their code into notebooks.',
  autoStart: true,
  requires: [IOctavo, INotebookTracker],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, notebooks: INotebookTracker, palette: ICommandPalette | null) => {
    const list = new SidebarSearch(octavo.session);
    octavo.addView<FeatureModel>({
      kind: 'feature',
      icon: spreadsheetIcon,
      title: args => args['name'] ?? trans.__('Feature view'),
      model: args => {
        const model = new FeatureModel(octavo, args, () => askerOf(notebooks));
        model.codeWanted.connect((_, code) => insertCode(notebooks, code));
        return model;
      },
      body: FeaturePage
    });
    addFinder(app, octavo, notebooks, palette);
    octavo.addSection({
      id: 'features',
      title: trans.__('Features'),
      rank: 10,
      body: () => React.createElement(FeatureSection, { list, octavo, onUse: hit => void insertInputs(octavo, notebooks, hit) }),
      badge: () => React.createElement(FeatureCount, { list }),
      actions: [
        { label: trans.__('Find features in all projects'), icon: searchIcon, onClick: () => octavo.open('features', {}) },
        { label: trans.__('Refresh features'), icon: refreshIcon, onClick: () => list.search.refresh() }
      ]
    });
  }
};
