import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { JupyterFrontEnd } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IStateDB } from '@jupyterlab/statedb';
import { IStatusBar } from '@jupyterlab/statusbar';

import { IOctavo } from '../tokens';
import { trans } from '../words';
import type { IParts } from './commands';
import { addCommands, CommandIDs, save } from './commands';
import { Notices } from './notices';
import { LastSave, Saver } from './saving';
import { WorkspaceStatus } from './status';

const COST = 'octavo-lab:open-cost';

/** What this workspace costs, when it stops, and what can be done about it. */
export const minePlugin: JupyterFrontEndPlugin<void> = {
  id: 'octavo-lab:workspace',
  description: 'Shows cost and countdown of the workspace; extends, hands off and stops it.',
  autoStart: true,
  requires: [IOctavo, IDocumentManager, INotebookTracker],
  optional: [JupyterFrontEnd.IPaths, IStatusBar, IStateDB, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    octavo: IOctavo,
    documents: IDocumentManager,
    notebooks: INotebookTracker,
    paths: JupyterFrontEnd.IPaths | null,
    bar: IStatusBar | null,
    state: IStateDB | null,
    palette: ICommandPalette | null
  ) => {
    const parts: IParts = { app, paths, octavo, notebooks, saver: new Saver(app.shell, documents) };
    const run = (command: string): void => void app.commands.execute(command);
    const actions = { extend: () => run(CommandIDs.extend), handOff: () => run(CommandIDs.handOff), stop: () => run(CommandIDs.stop), save: () => void save(parts), cost: () => run(COST) };
    const { mine } = octavo.session;
    const status = new WorkspaceStatus(mine, actions);
    bar?.registerStatusItem('octavo-lab:workspace', { item: status, align: 'right', rank: 100, priority: 1 });
    addCommands(parts, status);
    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: trans.__('Octavo') });
    }
    const notices = new Notices(mine, actions, state);
    const lastSave = new LastSave(mine, actions.save);
    app.shell.disposed.connect(() => {
      notices.dispose();
      lastSave.dispose();
    });
    void app.started.then(() => notices.start());
  }
};
