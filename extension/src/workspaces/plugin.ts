import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { spreadsheetIcon } from '@jupyterlab/ui-components';

import { IOctavo } from '../tokens';
import { trans } from '../words';
import { CostModel, CostPage } from './panel';

const COMMAND = 'octavo-lab:open-cost';

/** What the project's workspaces, runs and deployments cost. */
export const workspacesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:workspaces',
  description: 'Shows cost by person, project and profile.',
  autoStart: true,
  requires: [IOctavo],
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, octavo: IOctavo, palette: ICommandPalette | null) => {
    octavo.addView<CostModel>({
      kind: 'cost',
      icon: spreadsheetIcon,
      title: args => (args['project'] ? trans.__('Cost of %1', args['project']) : trans.__('Cost')),
      model: args => new CostModel(octavo, args),
      body: CostPage
    });
    app.commands.addCommand(COMMAND, {
      label: trans.__('Open Cost'),
      caption: trans.__('What the project costs, by person and profile'),
      icon: spreadsheetIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => octavo.open('cost', { project: octavo.session.project })
    });
    palette?.addItem({ command: COMMAND, category: trans.__('Octavo') });
  }
};
