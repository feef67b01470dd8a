import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { addIcon, editIcon, refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IOctavo } from '../../tokens';
import { trans } from '../../words';
import { ChangeBadge, ChangePage, ChangeSection } from './change';
import { EditPage } from './edit';
import { openEdit } from './index';
import { ChangeList, ChangeModel, EditModel } from './model';

/** Changes of features: a form, what it changes, a review by another person. */
export const publishingPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:feature-changes',
  description: 'Edits feature views, shows what a change would do, and reviews it.',
  autoStart: true,
  requires: [IOctavo],
  activate: (_app: JupyterFrontEnd, octavo: IOctavo) => {
    const list = new ChangeList(octavo.session);
    const add = (): void => openEdit(octavo, octavo.session.project, null);
    octavo.addView<EditModel>({
      kind: 'feature-edit',
      icon: editIcon,
      title: args => (args['name'] ? trans.__('Edit %1', args['name']) : trans.__('Add a feature view')),
      model: args => new EditModel(octavo, args),
      body: EditPage
    });
    octavo.addView<ChangeModel>({
      kind: 'feature-change',
      icon: editIcon,
      title: () => trans.__('Change of features'),
      model: args => new ChangeModel(octavo, args),
      body: ChangePage
    });
    octavo.addSection({
      id: 'feature-changes',
      title: trans.__('Changes of features'),
      rank: 11,
      body: () => React.createElement(ChangeSection, { list, octavo, onAdd: add }),
      badge: () => React.createElement(ChangeBadge, { list }),
      actions: [
        { label: trans.__('Add a feature view'), icon: addIcon, refused: () => octavo.session.refusal('features.propose'), onClick: add },
        { label: trans.__('Refresh changes of features'), icon: refreshIcon, onClick: () => void list.resource.refresh() }
      ]
    });
  }
};
