import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import type { INotebookTracker } from '@jupyterlab/notebook';
import { stopIcon } from '@jupyterlab/ui-components';

import { octavoIcon } from '../icon';
import { asOctavoError } from '../request';
import type { IOctavo } from '../tokens';
import { askReason } from '../ui/form';
import { money } from '../ui/format';
import { trans } from '../words';
import { noExtension } from './components/Popup';
import { askHandOff, notebookFile } from './handoff';
import type { Saver } from './saving';
import type { WorkspaceStatus } from './status';

/** The commands about this workspace. */
export const CommandIDs = {
  show: 'octavo-lab:show-workspace',
  extend: 'octavo-lab:extend-workspace',
  handOff: 'octavo-lab:hand-off',
  stop: 'octavo-lab:stop-workspace'
} as const;

const LEAST_REASON = 3;

/** What the commands about the workspace work with. */
export interface IParts {
  app: JupyterFrontEnd;
  /** Where the Hub is; null outside one. */
  paths: JupyterFrontEnd.IPaths | null;
  octavo: IOctavo;
  saver: Saver;
  notebooks: INotebookTracker;
}

function extend(octavo: IOctavo): void {
  const { session } = octavo.session.mine;
  if (!session || noExtension(session)) {
    Notification.warning(session ? (noExtension(session) ?? '') : trans.__('This JupyterLab is no workspace of Octavo.'), { autoClose: 8000 });
    return;
  }
  const minutes = session.extension_minutes_left;
  askReason({
    title: trans.__('Extend this workspace'),
    body: trans.__('It stays up %1 min longer without activity, once. That costs at most %2.', minutes, money((session.profile.price_eur_per_hour * minutes) / 60)),
    submit: trans.__('Extend by %1 min', minutes),
    label: trans.__('Reason'),
    least: LEAST_REASON,
    step: reason => octavo.session.mine.extend(reason)
  });
}

/** Go where the workspace can be started again. */
function leave(parts: IParts): void {
  const { hubHost, hubPrefix } = parts.paths?.urls ?? {};
  if (hubPrefix) {
    window.location.assign((hubHost ?? '') + URLExt.join(hubPrefix, 'home'));
  }
}

/** Save what is open, and say what could not be saved. */
export async function save(parts: IParts): Promise<boolean> {
  const failed = await parts.saver.save();
  if (failed.length > 0) {
    Notification.error(trans.__('Not saved: %1. Save it by hand, or copy what you need.', failed.join(', ')), { autoClose: false });
  }
  return failed.length === 0;
}

async function stop(parts: IParts): Promise<void> {
  const asked = await showDialog({
    title: trans.__('Stop this workspace?'),
    body: trans.__('Files in your home folder are kept; open documents are saved first. Running cells, terminals and variables in memory end. Metering stops.'),
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: trans.__('Stop workspace') })]
  });
  if (!asked.button.accept || !(await save(parts))) {
    return;
  }
  try {
    await parts.octavo.session.mine.stop();
    leave(parts);
  } catch (error) {
    const { message, remedy } = asOctavoError(error);
    Notification.error(`${message} ${remedy}`, { autoClose: false });
  }
}

function handOff(parts: IParts): void {
  const panel = parts.notebooks.currentWidget;
  const { session } = parts.octavo.session.mine;
  if (!panel || !session) {
    Notification.warning(trans.__('Open the notebook that shall go on, then hand it off.'), { autoClose: 8000 });
    return;
  }
  askHandOff(parts.octavo, session, notebookFile(panel), { save: () => save(parts), leave: () => leave(parts) });
}

/** Add the commands; each can be used only while the workspace is known. */
export function addCommands(parts: IParts, status: WorkspaceStatus): void {
  const { commands } = parts.app;
  const { mine } = parts.octavo.session;
  const known = (): boolean => mine.session !== null;
  commands.addCommand(CommandIDs.show, {
    label: trans.__('Show Workspace Cost and Countdown'),
    icon: octavoIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => status.isVisible,
    execute: () => status.toggle()
  });
  commands.addCommand(CommandIDs.extend, {
    label: trans.__('Extend Workspace…'),
    caption: trans.__('Keep this workspace up longer without activity, once'),
    icon: octavoIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: known,
    execute: () => extend(parts.octavo)
  });
  commands.addCommand(CommandIDs.handOff, {
    label: trans.__('Hand Off Notebook…'),
    caption: trans.__('Run this notebook on a profile without GPU and stop the workspace'),
    icon: octavoIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: () => (mine.session?.hand_off_to.length ?? 0) > 0,
    execute: () => handOff(parts)
  });
  commands.addCommand(CommandIDs.stop, {
    label: trans.__('Stop Workspace…'),
    caption: trans.__('End this workspace; its files are kept'),
    icon: stopIcon,
    describedBy: { args: { type: 'object', properties: {} } },
    isEnabled: known,
    execute: () => stop(parts)
  });
  mine.resource.changed.connect(() => Object.values(CommandIDs).forEach(id => commands.notifyCommandChanged(id)));
}
