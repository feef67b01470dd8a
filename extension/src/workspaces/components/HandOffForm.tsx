import * as React from 'react';

import type { WorkspaceSession } from '../../api/workspaces';
import { useAction } from '../../ui/action';
import { Choice } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { money } from '../../ui/format';
import { Sentences } from '../../ui/lists';
import { trans } from '../../words';

/** Props of the hand-off dialog's body. */
export interface IHandOffProps {
  session: WorkspaceSession;
  /** Path of the notebook that goes on. */
  path: string;
  /** Price of each profile an hour, euro; a profile that is missing has none known. */
  prices: ReadonlyMap<string, number>;
  /** Starts the run; the workspace stops only when that was accepted. */
  onHandOff: (profile: string) => Promise<void>;
  onCancel: () => void;
}

/** Where the notebook goes on, for how much, and what is left behind. */
export function HandOffForm(props: IHandOffProps): React.JSX.Element {
  const { session } = props;
  const choices = session.hand_off_to;
  const [profile, setProfile] = React.useState(choices[0]?.profile ?? '');
  const action = useAction(() => props.onHandOff(profile));
  const chosen = choices.find(one => one.profile === profile);
  return (
    <Form
      submit={trans.__('Hand off and stop')}
      busy={action.busy}
      error={action.error}
      blocked={chosen ? undefined : trans.__('No profile without a GPU is open to you here.')}
      note={priceNote(session, props.prices.get(profile))}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <Choice label={trans.__('Run it on')} value={profile} options={choices.map(one => ({ value: one.profile, label: label(one.title, props.prices.get(one.profile)) }))} help={chosen?.reason} onChange={setProfile} />
      <Sentences
        label={trans.__('What happens')}
        sentences={[
          trans.__('%1 is saved and runs from the top in a fresh process: variables in memory don’t go along.', props.path),
          trans.__('Once the run is accepted, this workspace stops and its GPU is free. Your files are kept.'),
          trans.__('If the run is refused, nothing is stopped. You find it in the sidebar under Handed off.')
        ]}
      />
    </Form>
  );
}

function label(title: string, price: number | undefined): string {
  return price === undefined ? title : trans.__('%1 · %2 an hour', title, money(price));
}

function priceNote(session: WorkspaceSession, price: number | undefined): string {
  const now = money(session.profile.price_eur_per_hour);
  return price === undefined ? trans.__('Booked on %1, instead of %2 an hour now.', session.project, now) : trans.__('%1 an hour, booked on %2, instead of %3 now.', money(price), session.project, now);
}
