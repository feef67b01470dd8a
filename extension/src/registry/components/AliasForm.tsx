import * as React from 'react';

import type { ModelVersion } from '../../api/registry';
import { useAction } from '../../ui/action';
import { Choice, TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';

const ALIAS = /^[a-z][a-z0-9-]{0,30}$/;
const LEAST = 8;

/** Props of the form that moves an alias. */
export interface IAliasFormProps {
  model: string;
  versions: readonly ModelVersion[];
  aliases: ReadonlyMap<string, number>;
  /** The alias to begin with; empty: a person names one. */
  alias: string;
  /** The version to begin with. */
  version: number;
  onMove: (alias: string, version: number, reason: string) => Promise<unknown>;
  onDone: () => void;
}

/** Lets an alias point to another version: says from where to where, and asks why. */
export function AliasForm(props: IAliasFormProps): React.JSX.Element {
  const [alias, setAlias] = React.useState(props.alias);
  const [version, setVersion] = React.useState(props.version);
  const [reason, setReason] = React.useState('');
  const action = useAction(async () => {
    await props.onMove(alias, version, reason.trim());
    props.onDone();
  });
  const from = props.aliases.get(alias);
  const wrong = alias === '' || ALIAS.test(alias) ? undefined : trans.__('An alias has lower-case letters, digits and dashes, begins with a letter and has at most 31 characters.');
  return (
    <Form
      submit={from === undefined ? trans.__('Set alias') : trans.__('Move alias')}
      busy={action.busy}
      error={action.error}
      blocked={blocked(alias, wrong, from === version, reason)}
      note={from === undefined ? trans.__('%1 of %2 will be v%3.', alias, props.model, version) : trans.__('%1 of %2 moves from v%3 to v%4.', alias, props.model, from, version)}
      onSubmit={action.run}
      onCancel={props.onDone}
    >
      <TextField label={trans.__('Alias')} value={alias} maxLength={31} error={wrong} suggestions={[...new Set(['champion', 'challenger', ...props.aliases.keys()])]} onChange={setAlias} />
      <Choice
        label={trans.__('Version')}
        value={String(version)}
        options={props.versions.map(one => ({ value: String(one.version), label: [trans.__('v%1', one.version), ...one.aliases].join(' · ') }))}
        onChange={value => setVersion(Number(value))}
      />
      <TextArea label={trans.__('Why')} value={reason} maxLength={1000} help={trans.__('Kept in the history and the audit trail.')} onChange={setReason} />
    </Form>
  );
}

function blocked(alias: string, wrong: string | undefined, there: boolean, reason: string): string | undefined {
  if (alias === '') {
    return trans.__('Name the alias.');
  }
  if (wrong) {
    return wrong;
  }
  if (there) {
    return trans.__('It points to that version already.');
  }
  return reason.trim().length < LEAST ? trans.__('Say why in a sentence of at least %1 characters.', LEAST) : undefined;
}
