import * as React from 'react';

import type { LintAnswer, SubmissionRequest } from '../../api/notebooks';
import type { ProfileCard } from '../../api/workspaces';
import { useAction } from '../../ui/action';
import { Check, TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { Card } from '../../ui/Page';
import { trans } from '../../words';
import { firstProfile, ProfileField } from '../../workspaces/components/ProfileField';
import { Findings, lintLine } from './Findings';
import { ParameterFields } from './ParameterFields';
import { fault, parsed, typed } from './parameters';

const NAME = /^[a-z][a-z0-9-]{1,62}$/;

/** Props of the submission form. */
export interface ISubmitFormProps {
  path: string;
  lint: LintAnswer;
  profiles: readonly ProfileCard[];
  /** The workspace's own profile, where it is known, and what is said of it if it was retired. */
  before?: string | undefined;
  said?: string | undefined;
  onSubmit: (body: Omit<SubmissionRequest, 'notebook'>) => Promise<unknown>;
  onCancel: () => void;
  /** Leave the form for a cell of the notebook. */
  onCell?: ((cell: number) => void) | undefined;
}

/** Make a release line's name of a file's name. */
export function lineName(path: string): string {
  const stem = path.split('/').pop()?.replace(/\.ipynb$/, '') ?? '';
  const name = stem.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^[^a-z]+|-+$/g, '');
  return name.slice(0, 63);
}

/** What the notebook may rely on at the left, what lint says at the right. */
export function SubmitForm(props: ISubmitFormProps): React.JSX.Element {
  const { lint } = props;
  const usable = props.profiles.filter(card => card.profile.pipelines);
  const [name, setName] = React.useState(() => lineName(props.path));
  const [note, setNote] = React.useState('');
  const [data, setData] = React.useState('curated');
  const [profile, setProfile] = React.useState(() => firstProfile(usable));
  const [idempotent, setIdempotent] = React.useState(true);
  const [values, setValues] = React.useState(() => typed(lint.parameters));
  const action = useAction(() =>
    props.onSubmit({
      name,
      path: props.path,
      profile,
      note: note.trim(),
      idempotent,
      parameters: parsed(lint.parameters, values),
      data: data.split(/[\s,]+/).filter(Boolean)
    })
  );
  const wrongName = NAME.test(name) ? undefined : trans.__('Two to 63 lower-case letters, digits and dashes, a letter first.');
  const wrongValue = lint.parameters.map(parameter => fault(parameter, values[parameter.name] ?? '')).find(Boolean);
  const errors = lint.lint.errors > 0 ? trans.__('Mend what lint marks as an error first.') : undefined;
  return (
    <Form
      submit={trans.__('Submit for review')}
      busy={action.busy}
      error={action.error}
      blocked={wrongName ?? wrongValue ?? errors}
      note={trans.__('It is replayed twice in a clean room, then a reviewer decides.')}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <div className="jp-octavo-Form-columns">
        <div>
          <TextField label={trans.__('Release line')} value={name} maxLength={63} error={wrongName} help={trans.__('Later submissions of the same line are compared with its last release.')} onChange={setName} />
          <ProfileField cards={usable} value={profile} before={props.before} said={props.said} onChange={setProfile} />
          <TextField label={trans.__('Data it reads')} value={data} maxLength={2000} help={trans.__('Files or folders of the lake, separated by spaces; they are pinned by digest.')} onChange={setData} />
          <TextArea label={trans.__('Message to the reviewer')} value={note} maxLength={2000} onChange={setNote} />
          <Check label={trans.__('Running it twice does no harm')} help={trans.__('Then an attempt whose outcome is unknown may be retried without asking.')} checked={idempotent} onChange={setIdempotent} />
        </div>
        <div>
          <Card title={trans.__('Lint')} aside={lintLine(lint.lint.errors, lint.lint.warnings)}>
            <Findings report={lint.lint} onCell={props.onCell} />
          </Card>
          <h3>{trans.__('Parameters of the replay')}</h3>
          <ParameterFields parameters={lint.parameters} values={values} onChange={setValues} />
        </div>
      </div>
    </Form>
  );
}
