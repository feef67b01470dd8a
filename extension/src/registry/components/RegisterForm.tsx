import * as React from 'react';

import type { RegisterRequest, RegistrationDraft } from '../../api/registry';
import { useAction } from '../../ui/action';
import { Choice, TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { metric, signed } from '../../ui/format';
import { Checklist } from '../../ui/lists';
import { Card } from '../../ui/Page';
import { trans } from '../../words';

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Props of the registration form. */
export interface IRegisterFormProps {
  draft: RegistrationDraft;
  /** Ask for the draft under another name or of another logged model. */
  onRedraft: (choice: { name: string; model_id: string }) => void;
  onRegister: (name: string, body: RegisterRequest) => Promise<unknown>;
  onCancel: () => void;
}

/** What is there and what is missing at the left, the card's draft at the right. */
export function RegisterForm(props: IRegisterFormProps): React.JSX.Element {
  const { draft } = props;
  const [name, setName] = React.useState(draft.name);
  const [card, setCard] = React.useState(draft.card);
  const [touched, setTouched] = React.useState(false);
  React.useEffect(() => {
    if (!touched) {
      setCard(draft.card);
    }
  }, [draft.card, touched]);
  const action = useAction(() => props.onRegister(name, { run_id: draft.run_id, model_id: draft.model_id, card }));
  const wrong = NAME.test(name) ? undefined : trans.__('A name has lower-case letters, digits and dashes, begins with a letter and has at most 63 characters.');
  return (
    <Form
      submit={name === draft.name ? trans.__('Register v%1', draft.next_version) : trans.__('Register')}
      busy={action.busy}
      error={action.error}
      blocked={wrong ?? (draft.ready ? undefined : trans.__('Policy wants what is marked required.'))}
      note={trans.__('Files are scanned, tried on the example and signed; that takes some seconds.')}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <div className="jp-octavo-Form-columns">
        <div>
          <TextField
            label={trans.__('Model name')}
            value={name}
            maxLength={63}
            error={wrong}
            onChange={value => {
              setName(value);
              if (NAME.test(value)) {
                props.onRedraft({ name: value, model_id: draft.model_id ?? '' });
              }
            }}
          />
          {draft.models.length > 1 && (
            <Choice
              label={trans.__('Logged model')}
              value={draft.model_id ?? ''}
              options={draft.models.map(model => ({ value: model.model_id, label: `${model.name} · ${model.status.toLowerCase()}` }))}
              onChange={model_id => props.onRedraft({ name, model_id })}
            />
          )}
          <Checklist label={trans.__('Checklist')} lines={draft.checklist} />
        </div>
        <div>
          <TextArea
            label={trans.__('Model card')}
            value={card}
            rows={16}
            mono
            maxLength={20000}
            help={trans.__('Markdown. Say what it is for, and what it must not be used for.')}
            onChange={value => {
              setTouched(true);
              setCard(value);
            }}
          />
          <Against draft={draft} />
        </div>
      </div>
    </Form>
  );
}

function Against(props: { draft: RegistrationDraft }): React.JSX.Element | null {
  const { metrics, champion } = props.draft;
  const shared = Object.entries(metrics).filter(([name, value]) => typeof value === 'number' && typeof champion?.[name] === 'number');
  if (!champion || shared.length === 0) {
    return null;
  }
  return (
    <Card title={trans.__('Against the champion')}>
      <ul className="jp-octavo-Sentences" aria-label={trans.__('Against the champion')}>
        {shared.map(([name, value]) => (
          <li key={name} className="jp-octavo-Number">
            {name} {metric(value)} ({signed(Number(value) - Number(champion[name]))})
          </li>
        ))}
      </ul>
    </Card>
  );
}
