import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';

import { pipelineIcon } from '../../icon';
import { IOctavo } from '../../tokens';
import { trans } from '../../words';
import type { ITarget } from './model';
import { MaterializationModel } from './model';
import { MaterializationPage } from './page';

function targetOf(args: Readonly<Record<string, string>>): ITarget {
  return { project: args['project'] ?? '', kind: args['kind'] === 'service' ? 'service' : 'view', name: args['name'] ?? '' };
}

/** Materialisations in the main area. */
export const materializationPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:materialization',
  description: 'Shows how features are materialised, and starts, schedules and cancels it.',
  autoStart: true,
  requires: [IOctavo],
  activate: (_app: JupyterFrontEnd, octavo: IOctavo) => {
    octavo.addView<MaterializationModel>({
      kind: 'materialization',
      icon: pipelineIcon,
      title: args => args['name'] ?? trans.__('Materialisation'),
      model: args => new MaterializationModel(octavo, targetOf(args)),
      body: MaterializationPage
    });
  }
};
