import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { listModels } from '../api/registry';
import { modelIcon } from '../icon';
import { ProjectList } from '../shell/list';
import { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { trans } from '../words';
import { RegisteredModel } from './model';
import type { IModelActions } from './panel';
import { ModelCount, ModelPage, ModelSection, Register } from './panel';

const REGISTER = 'octavo-lab:register-model';
/** The command of the deployments' area that asks for a deployment. */
const DEPLOY = 'octavo-lab:request-deployment';

/** Models: registered from a run, read with their proof, sent on to a deployment. */
export const registryPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:registry',
  description: 'Registers models and shows their versions.',
  autoStart: true,
  requires: [IOctavo, IRenderMimeRegistry],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, rendermime: IRenderMimeRegistry) => {
    const list = new ProjectList(octavo.session, listModels);
    const actions: IModelActions = {
      deploy: (project, model, version) => void app.commands.execute(DEPLOY, { project, model, version })
    };
    app.commands.addCommand(REGISTER, {
      label: trans.__('Register Model…'),
      caption: trans.__('Register the model that a run has logged'),
      icon: modelIcon,
      describedBy: {
        args: { type: 'object', required: ['project', 'run'], properties: { project: { type: 'string' }, run: { type: 'string' } } }
      },
      isVisible: args => Boolean(args['run']),
      execute: args => {
        const project = String(args['project']);
        openForm(trans.__('Register a model'), close =>
          React.createElement(Register, {
            octavo,
            project,
            run: String(args['run']),
            onDone: name => {
              close();
              if (name) {
                octavo.session.touch();
                octavo.open('model', { project, name });
              }
            }
          })
        );
      }
    });
    octavo.addView<RegisteredModel>({
      kind: 'model',
      icon: modelIcon,
      title: args => args['name'] ?? trans.__('Model'),
      model: args => new RegisteredModel(octavo, args),
      body: props => React.createElement(ModelPage, { ...props, actions, rendermime })
    });
    octavo.addSection({
      id: 'models',
      title: trans.__('Models'),
      rank: 30,
      body: () => React.createElement(ModelSection, { list, octavo, actions }),
      badge: () => React.createElement(ModelCount, { list }),
      actions: [{ label: trans.__('Refresh models'), icon: refreshIcon, onClick: () => void list.resource.refresh() }]
    });
  }
};
