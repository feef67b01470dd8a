import * as React from 'react';

import type { RegisterRequest, RegistrationDraft } from '../../api/registry';
import { useAction } from '../../ui/action';
import { Check, Choice, TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';
import { Drafted } from './Drafted';
import { Requirements } from './Requirements';

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
  const [owner, setOwner] = React.useState<string | null>(null);
  const [convert, setConvert] = React.useState(true);
  const [card, setCard] = useDrafted(draft.card);
  const body = { run_id: draft.run_id, model_id: draft.model_id, card, owner: owner?.trim() || null, convert };
  const action = useAction(() => props.onRegister(name, body));
  const wrong = NAME.test(name) ? undefined : trans.__('A name has lower-case letters, digits and dashes, begins with a letter and has at most 63 characters.');
  return (
    <Form
      submit={name === draft.name ? trans.__('Register v%1', draft.next_version) : trans.__('Register')}
      busy={action.busy}
      error={action.error}
      blocked={wrong ?? (draft.ready ? undefined : trans.__('Policy wants what is marked required.'))}
      note={trans.__('Files are copied, scanned, tried on the example and signed; you can watch or go on.')}
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
          <Requirements label={trans.__('Checklist')} lines={draft.checklist} usable={draft.usable_in} />
        </div>
        <div>
          <TextArea label={trans.__('Model card')} value={card} rows={14} mono maxLength={20000} help={trans.__('Markdown. Say what it is for, and what it must not be used for.')} onChange={setCard} />
          <TextField label={trans.__('Owner')} value={owner ?? draft.owner} maxLength={255} help={trans.__('Who answers for it: a member of the project.')} onChange={setOwner} />
          <Check label={trans.__('Make an ONNX form for fast answers')} help={trans.__('Kept only where its answers match the model’s own.')} checked={convert} onChange={setConvert} />
          <Drafted draft={draft} />
        </div>
      </div>
    </Form>
  );
}

/** Follow a draft until a person types; from then on keep what they wrote. */
function useDrafted(drafted: string): readonly [string, (value: string) => void] {
  const [typed, setTyped] = React.useState<string | null>(null);
  return [typed ?? drafted, setTyped];
}
