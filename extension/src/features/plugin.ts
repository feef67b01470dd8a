import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookActions } from '@jupyterlab/notebook';
import { refreshIcon, spreadsheetIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { readView } from '../api/features';
import { asOctavoError } from '../request';
import { IOctavo } from '../tokens';
import { trans } from '../words';
import { FeatureList, FeatureModel } from './model';
import { FeatureCount, FeaturePage, FeatureSection } from './panel';

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

/** Feature views: found in the sidebar, read in the main area, used in a notebook. */
export const featuresPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:features',
  description: 'Finds features and puts their code into notebooks.',
  autoStart: true,
  requires: [IOctavo, INotebookTracker],
  activate: (_app: JupyterFrontEnd, octavo: IOctavo, notebooks: INotebookTracker) => {
    const list = new FeatureList(octavo.session);
    const use = (name: string): void => {
      readView(octavo.requests, octavo.session.project, name)
        .then(view => insertCode(notebooks, view.snippets[0]?.code ?? ''))
        .catch(error => Notification.error(asOctavoError(error).message));
    };
    octavo.addView<FeatureModel>({
      kind: 'feature',
      icon: spreadsheetIcon,
      title: args => args['name'] ?? trans.__('Feature view'),
      model: args => {
        const model = new FeatureModel(octavo, args);
        model.codeWanted.connect((_, code) => insertCode(notebooks, code));
        return model;
      },
      body: FeaturePage
    });
    octavo.addSection({
      id: 'features',
      title: trans.__('Features'),
      rank: 10,
      body: () => React.createElement(FeatureSection, { list, octavo, onUse: use }),
      badge: () => React.createElement(FeatureCount, { list }),
      actions: [{ label: trans.__('Refresh features'), icon: refreshIcon, onClick: () => void list.resource.refresh() }]
    });
  }
};
