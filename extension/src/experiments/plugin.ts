import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import { refreshIcon, tableRowsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { IOctavo } from '../tokens';
import { trans } from '../words';
import type { IRunActions } from './actions';
import { ComparePage } from './compare';
import { CompareModel } from './compareModel';
import { layoutStore } from './layoutStore';
import { IRunFeed } from './feed';
import { RecentRuns } from './recent';
import { RunPageView } from './run';
import { RunModel } from './runModel';
import { RunsPage } from './runs';
import { RunsModel } from './runsModel';
import { RunBadge, RunSection } from './section';

const COMMAND = 'octavo-lab:open-runs';
/** The command of the registry's area that registers a run's model. */
const REGISTER = 'octavo-lab:register-model';
/** The command of the deployments' area that asks for a deployment. */
const DEPLOY = 'octavo-lab:request-deployment';
/** Commands that show runs as notebooks. */
const OPEN_NOTEBOOK = 'octavo-lab:open-notebook-version';
const COMPARE_NOTEBOOKS = 'octavo-lab:compare-notebooks';

function runActions(app: JupyterFrontEnd): IRunActions {
  return {
    register: (project, run) => void app.commands.execute(REGISTER, { project, run: run.run_id }),
    deploy: (project, named) => {
      const at = named.lastIndexOf('/');
      void app.commands.execute(DEPLOY, { project, model: named.slice(0, at), version: Number(named.slice(at + 1)) });
    },
    openNotebook: (project, run) => void app.commands.execute(OPEN_NOTEBOOK, { project, run: run.run_id }),
    compareNotebooks: (project, runs) => void app.commands.execute(COMPARE_NOTEBOOKS, { project, runs: runs.join(',') })
  };
}

/** Runs: live in the sidebar, compared in the main area. */
export const experimentsPlugin: JupyterFrontEndPlugin<IRunFeed> = {
  id: 'octavo-lab:experiments',
  description: 'Shows runs as they happen and compares them.',
  autoStart: true,
  provides: IRunFeed,
  requires: [IOctavo],
  optional: [ICommandPalette, IStateDB],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, palette: ICommandPalette | null, state: IStateDB | null) => {
    const recent = new RecentRuns(octavo.session);
    const actions = runActions(app);
    const store = layoutStore(state);
    octavo.addView<RunsModel>({
      kind: 'runs',
      icon: tableRowsIcon,
      title: args => args['experiment'] || trans.__('Runs'),
      model: args => new RunsModel(octavo, args, recent, store),
      body: props => React.createElement(RunsPage, { ...props, actions })
    });
    octavo.addView<RunModel>({
      kind: 'run',
      icon: tableRowsIcon,
      title: args => trans.__('Run %1', (args['id'] ?? '').slice(0, 6)),
      model: args => new RunModel(octavo, args),
      body: props => React.createElement(RunPageView, { ...props, actions })
    });
    octavo.addView<CompareModel>({
      kind: 'compare',
      icon: tableRowsIcon,
      title: () => trans.__('Compare runs'),
      model: args => new CompareModel(octavo, args),
      body: ComparePage
    });
    app.commands.addCommand(COMMAND, {
      label: trans.__('Open Runs'),
      caption: trans.__('All runs of the project as a table'),
      icon: tableRowsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => octavo.open('runs', { project: octavo.session.project })
    });
    palette?.addItem({ command: COMMAND, category: trans.__('Octavo') });
    octavo.addSection({
      id: 'experiments',
      title: trans.__('Experiments'),
      rank: 20,
      body: () => React.createElement(RunSection, { recent, octavo, actions }),
      badge: () => React.createElement(RunBadge, { recent }),
      actions: [
        { label: trans.__('All runs'), icon: tableRowsIcon, onClick: () => octavo.open('runs', { project: octavo.session.project }) },
        { label: trans.__('Refresh experiments'), icon: refreshIcon, onClick: () => void recent.runs.resource.refresh() }
      ]
    });
    return recent;
  }
};
