import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, IToolbarWidgetRegistry, Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { CommandToolbarButton, notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Submission } from '../api/notebooks';
import { octavoIcon } from '../icon';
import { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { trans } from '../words';
import { LintMargin } from './lint/margin';
import { LintModel } from './lint/model';
import { ReleaseModel, ReviewModel } from './model';
import type { IReleaseActions } from './panel';
import { ReleasePage, ReviewPage, Submit } from './panel';

const SUBMIT = 'octavo-lab:submit-notebook';
/** The command of the pipelines' area that runs a release. */
const RUN = 'octavo-lab:run-release';

function submit(octavo: IOctavo, panel: NotebookPanel): void {
  const notebook = JSON.parse(JSON.stringify(panel.context.model.toJSON())) as Record<string, unknown>;
  const done = (submission: Submission): void => {
    octavo.session.touch();
    Notification.success(trans.__('%1 is submitted and will be replayed.', submission.name), { autoClose: 5000 });
    octavo.open('review', { project: submission.project, id: submission.id });
  };
  openForm(trans.__('Submit notebook for review'), close =>
    React.createElement(Submit, {
      octavo,
      path: panel.context.path,
      notebook,
      onCell: cell => void goTo(panel, cell),
      onDone: submission => {
        close();
        if (submission) {
          done(submission);
        }
      }
    })
  );
}

/** Bring a cell into sight, its editor ready to type into. */
async function goTo(panel: NotebookPanel, cell: number): Promise<void> {
  if (!panel.isDisposed && cell < panel.content.widgets.length) {
    panel.content.activeCellIndex = cell;
    await panel.content.scrollToItem(cell, 'center');
    panel.content.mode = 'edit';
  }
}

/** Show what lint finds while a notebook is edited. */
function watch(app: JupyterFrontEnd, octavo: IOctavo, panel: NotebookPanel): void {
  void panel.context.ready.then(() => {
    if (!panel.isDisposed) {
      const model = new LintModel(octavo.requests, octavo.session, panel.context.model);
      new LintMargin(panel, model, () => void app.commands.execute('notebook:restart-run-all'));
    }
  });
}

/** Submissions, reviews and releases of notebooks. */
export const notebooksPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:notebooks',
  description: 'Submits notebooks for review and shows their releases.',
  autoStart: true,
  requires: [IOctavo, INotebookTracker],
  optional: [ICommandPalette, IToolbarWidgetRegistry],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, notebooks: INotebookTracker, palette: ICommandPalette | null, toolbars: IToolbarWidgetRegistry | null) => {
    const actions: IReleaseActions = {
      run: (project, release) => void app.commands.execute(RUN, { project, release: release.digest })
    };
    app.commands.addCommand(SUBMIT, {
      label: args => (args['toolbar'] ? '' : trans.__('Submit Notebook for Review…')),
      caption: trans.__('Submit this notebook for review'),
      icon: octavoIcon,
      describedBy: { args: { type: 'object', properties: { toolbar: { type: 'boolean' } } } },
      isEnabled: () => notebooks.currentWidget !== null && octavo.session.project !== '',
      execute: () => {
        if (notebooks.currentWidget) {
          submit(octavo, notebooks.currentWidget);
        }
      }
    });
    notebooks.forEach(panel => watch(app, octavo, panel));
    notebooks.widgetAdded.connect((_, panel) => watch(app, octavo, panel));
    const renew = (): void => app.commands.notifyCommandChanged(SUBMIT);
    notebooks.currentChanged.connect(renew);
    octavo.session.projectChanged.connect(renew);
    toolbars?.addFactory<NotebookPanel>(
      'Notebook',
      'octavo-submit',
      () => new CommandToolbarButton({ commands: app.commands, id: SUBMIT, label: trans.__('Submit for review') })
    );
    palette?.addItem({ command: SUBMIT, category: trans.__('Octavo') });
    octavo.addView<ReviewModel>({
      kind: 'review',
      icon: notebookIcon,
      title: () => trans.__('Review'),
      model: args => new ReviewModel(octavo, args),
      body: ReviewPage
    });
    octavo.addView<ReleaseModel>({
      kind: 'release',
      icon: notebookIcon,
      title: args => trans.__('Release %1', (args['digest'] ?? '').slice(0, 8)),
      model: args => new ReleaseModel(octavo, args),
      body: props => React.createElement(ReleasePage, { ...props, actions })
    });
  }
};
