import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { readChain } from '../api/proof';
import type { Registration } from '../api/registry';
import { listModels, listRegistrations } from '../api/registry';
import { askerOf, insertCode } from '../features/plugin';
import { modelIcon } from '../icon';
import { ProjectList } from '../shell/list';
import { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { trans } from '../words';
import { ChainModel, ChainPage } from './chain';
import { RegisteredModel } from './model';
import { ModelPage } from './page';
import { Follow, Register, RegisterVariable } from './register';
import type { IModelActions, IModelLists } from './section';
import { ModelCount, ModelSection } from './section';
import type { IVariableActions } from './variables/components/VariableList';
import { VariableList } from './variables/components/VariableList';
import { KernelModels } from './variables/model';
import type { IModelVariable } from './variables/seen';
import { codeOf, firstFrame, firstTarget, modelName } from './variables/seen';

const REGISTER = 'octavo-lab:register-model';
const FIND = 'octavo-lab:find-models';
/** The command of the deployments' area that asks for a deployment. */
const DEPLOY = 'octavo-lab:request-deployment';

/** Close a dialog when a registration ended in it, and show the version that it made. */
function after(octavo: IOctavo, project: string, close: () => void): (done: Registration | null) => void {
  return done => {
    close();
    octavo.session.touch();
    if (done) {
      octavo.open('model', { project, name: done.name });
    }
  };
}

function openRegister(octavo: IOctavo, project: string, run: string): void {
  openForm(trans.__('Register a model'), close => React.createElement(Register, { octavo, project, run, onDone: after(octavo, project, close) }));
}

function follow(octavo: IOctavo, registration: Registration): void {
  openForm(trans.__('Register a model'), close => React.createElement(Follow, { octavo, registration, onDone: after(octavo, registration.project, close) }));
}

/** What can be done with a model that lives in a kernel. */
function variableActions(octavo: IOctavo, notebooks: INotebookTracker, models: KernelModels): IVariableActions {
  const refused = octavo.session.refusal('registry.register');
  return {
    refused,
    tell: why => Notification.warning(why, { autoClose: 8000 }),
    register: (variable: IModelVariable) => {
      const { project } = octavo.session;
      openForm(trans.__('Register %1', variable.name), close => React.createElement(RegisterVariable, { octavo, project, models, variable, onDone: after(octavo, project, close) }));
    },
    insert: variable => {
      const { seen } = models.state;
      const frame = seen ? firstFrame(variable, seen) : '';
      insertCode(notebooks, codeOf(variable.name, modelName(variable.name), frame, firstTarget(variable, seen?.frames.find(one => one.name === frame))));
    }
  };
}

function addCommands(app: JupyterFrontEnd, octavo: IOctavo, models: KernelModels, palette: ICommandPalette | null): void {
  app.commands.addCommand(REGISTER, {
    label: trans.__('Register Model…'),
    caption: trans.__('Register the model that a run has logged'),
    icon: modelIcon,
    describedBy: {
      args: { type: 'object', required: ['project', 'run'], properties: { project: { type: 'string' }, run: { type: 'string' } } }
    },
    isVisible: args => Boolean(args['run']),
    execute: args => openRegister(octavo, String(args['project']), String(args['run']))
  });
  app.commands.addCommand(FIND, {
    label: trans.__('Find Models in My Notebook'),
    caption: trans.__('See which variables of the notebook in front hold a fitted model'),
    icon: modelIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    execute: () => models.look()
  });
  palette?.addItem({ command: FIND, category: trans.__('Octavo') });
}

/** Models: registered from a run or a variable, read with their proof, sent on to a deployment. */
export const registryPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:registry',
  description: 'Registers models and shows their versions.',
  autoStart: true,
  requires: [IOctavo, IRenderMimeRegistry, INotebookTracker],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, rendermime: IRenderMimeRegistry, notebooks: INotebookTracker, palette: ICommandPalette | null) => {
    const { session } = octavo;
    const lists: IModelLists = { models: new ProjectList(session, listModels), registrations: new ProjectList(session, listRegistrations), chain: new ProjectList(session, readChain) };
    const models = new KernelModels(() => askerOf(notebooks));
    const actions: IModelActions = {
      deploy: (project, model, version) => void app.commands.execute(DEPLOY, { project, model, version }),
      follow: registration => follow(octavo, registration)
    };
    addCommands(app, octavo, models, palette);
    octavo.addView<RegisteredModel>({
      kind: 'model',
      icon: modelIcon,
      title: args => [args['name'] ?? trans.__('Model'), args['version'] ? `v${args['version']}` : ''].join(' ').trim(),
      model: args => new RegisteredModel(octavo, args),
      body: props => React.createElement(ModelPage, { ...props, actions, rendermime })
    });
    octavo.addView<ChainModel>({ kind: 'registry-chain', icon: modelIcon, title: () => trans.__('Proof in production'), model: args => new ChainModel(octavo, args), body: ChainPage });
    octavo.addSection({
      id: 'models',
      title: trans.__('Models'),
      rank: 30,
      body: () => React.createElement(ModelSection, { lists, octavo, actions }, React.createElement(VariableList, { models, actions: variableActions(octavo, notebooks, models) })),
      badge: () => React.createElement(ModelCount, { lists }),
      actions: [{ label: trans.__('Refresh models'), icon: refreshIcon, onClick: () => void lists.models.resource.refresh() }]
    });
  }
};
