import * as React from 'react';

import type { RunTagChange } from '../../api/experiments';
import { useAction } from '../../ui/action';
import { Choice, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';

/** Props of the form that tags many runs. */
export interface IRunTagsProps {
  runs: readonly string[];
  /** Names of tags that runs have already. */
  names: readonly string[];
  onTag: (change: RunTagChange) => Promise<unknown>;
  onDone: () => void;
}

/** Set or remove one tag of every picked run. */
export function RunTableTags(props: IRunTagsProps): React.JSX.Element {
  const [deed, setDeed] = React.useState('set');
  const [name, setName] = React.useState('');
  const [value, setValue] = React.useState('');
  const removes = deed === 'remove';
  const action = useAction(async () => {
    await props.onTag({ runs: [...props.runs], set: removes ? {} : (Object.fromEntries([[name.trim(), value]]) as RunTagChange['set']), remove: removes ? [name.trim()] : [] });
    props.onDone();
  });
  return (
    <Form
      submit={removes ? trans.__('Remove tag') : trans.__('Set tag')}
      busy={action.busy}
      error={action.error}
      blocked={name.trim() ? undefined : trans.__('Name the tag.')}
      note={trans._n('Changes %1 run; you can undo it.', 'Changes %1 runs; you can undo it.', props.runs.length)}
      onSubmit={action.run}
      onCancel={props.onDone}
    >
      <TextField label={trans.__('Tag')} value={name} maxLength={250} suggestions={props.names} onChange={setName} />
      <Choice
        label={trans.__('What to do')}
        value={deed}
        options={[
          { value: 'set', label: trans.__('Set it to a value') },
          { value: 'remove', label: trans.__('Remove it') }
        ]}
        onChange={setDeed}
      />
      {!removes && <TextField label={trans.__('Value')} value={value} maxLength={5000} onChange={setValue} />}
    </Form>
  );
}
