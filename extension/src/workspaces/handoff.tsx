import type { NotebookPanel } from '@jupyterlab/notebook';
import * as React from 'react';

import { handOff } from '../api/pipelines';
import type { ProfileCards, WorkspaceSession } from '../api/workspaces';
import { listProfiles } from '../api/workspaces';
import { asOctavoError, OctavoError } from '../request';
import { Resource } from '../resource';
import type { IOctavo } from '../tokens';
import { openForm } from '../ui/form';
import { useResource } from '../ui/states';
import { trans } from '../words';
import { HandOffForm } from './components/HandOffForm';

/** The notebook as the hand-off needs it. */
export interface INotebookFile {
  readonly path: string;
  /** Saves it and answers its content. */
  save: () => Promise<Record<string, unknown>>;
}

/** The notebook behind a panel. */
export function notebookFile(panel: NotebookPanel): INotebookFile {
  return {
    path: panel.context.path,
    save: async () => {
      await panel.context.save();
      return JSON.parse(JSON.stringify(panel.context.model.toJSON())) as Record<string, unknown>;
    }
  };
}

/** Save the notebook, have it run elsewhere, and stop this workspace once that was accepted; answers the run's id. */
export async function runElsewhere(octavo: IOctavo, session: WorkspaceSession, notebook: INotebookFile, profile: string): Promise<string> {
  const run = await handOff(octavo.requests, session.project, { path: notebook.path, notebook: await notebook.save(), profile, session: session.id });
  try {
    await octavo.session.mine.stop('handed_off');
  } catch (error) {
    const { status, code, message, requestId } = asOctavoError(error);
    throw new OctavoError(status, code, trans.__('The run was started, but this workspace did not stop: %1', message), trans.__('Stop it from its menu in the status bar.'), requestId);
  }
  return run.id;
}

/** What the dialog needs of the lab around it. */
export interface ILeaving {
  /** Saves what else is open; false when something could not be saved. */
  save: () => Promise<boolean>;
  /** Goes where a workspace can be started again. */
  leave: () => void;
}

/** Ask where the notebook shall go on, and do it. */
export function askHandOff(octavo: IOctavo, session: WorkspaceSession, notebook: INotebookFile, lab: ILeaving): void {
  openForm(trans.__('Hand off %1', notebook.path), close => <HandOff octavo={octavo} session={session} notebook={notebook} lab={lab} onClose={close} />);
}

/** The hand-off dialog's body: knows the prices, saves, starts the run, stops, and leaves. */
export function HandOff(props: { octavo: IOctavo; session: WorkspaceSession; notebook: INotebookFile; lab: ILeaving; onClose: () => void }): React.JSX.Element {
  const { octavo, session, notebook, lab, onClose } = props;
  const cards = React.useMemo(() => new Resource<ProfileCards>(signal => listProfiles(octavo.requests, session.project, signal)), [octavo, session.project]);
  React.useEffect(() => {
    void cards.refresh();
    return () => cards.dispose();
  }, [cards]);
  const known = useResource(cards).value?.items ?? [];
  return (
    <HandOffForm
      session={session}
      path={notebook.path}
      prices={new Map(known.map(card => [card.profile.id, card.profile.price_eur_per_hour]))}
      onHandOff={async profile => {
        if (!(await lab.save())) {
          throw new OctavoError(0, 'panel', trans.__('An open document could not be saved.'), trans.__('Save or close it, then hand off again. Nothing was started or stopped.'), '');
        }
        await runElsewhere(octavo, session, notebook, profile);
        onClose();
        lab.leave();
      }}
      onCancel={onClose}
    />
  );
}
