import { Notification } from '@jupyterlab/apputils';
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

/** Ask where the notebook shall go on, and do it. */
export function askHandOff(octavo: IOctavo, session: WorkspaceSession, notebook: INotebookFile): void {
  openForm(trans.__('Hand off %1', notebook.path), close => (
    <BoundForm
      octavo={octavo}
      session={session}
      notebook={notebook}
      onCancel={close}
      onDone={id => {
        close();
        octavo.session.touch();
        octavo.open('pipeline-run', { project: session.project, id });
        Notification.success(trans.__('%1 runs on its own now; this workspace stops. You find the run in Octavo’s sidebar under Handed off.', notebook.path), { autoClose: false });
      }}
    />
  ));
}

function BoundForm(props: { octavo: IOctavo; session: WorkspaceSession; notebook: INotebookFile; onDone: (run: string) => void; onCancel: () => void }): React.JSX.Element {
  const { octavo, session, notebook } = props;
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
      onHandOff={async profile => props.onDone(await runElsewhere(octavo, session, notebook, profile))}
      onCancel={props.onCancel}
    />
  );
}
