import * as React from 'react';

import type { Parameter } from '../../api/notebooks';
import type { Values } from '../../api/pipelines';
import { ParameterFields } from '../../notebooks/components/ParameterFields';
import { fault, parsed, typed } from '../../notebooks/components/parameters';
import { useAction } from '../../ui/action';
import { TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';

const NAME = /^[a-z][a-z0-9-]{1,62}$/;

/** Props of the run form. */
export interface IRunFormProps {
  /** Name of the pipeline; it can be chosen while there is none of the release yet. */
  pipeline: string;
  fixed: boolean;
  parameters: readonly Parameter[];
  /** What an earlier run was given, to begin with. */
  values?: Values;
  /** What it costs: profile and price. */
  note: string;
  onRun: (pipeline: string, values: Values) => Promise<unknown>;
  onCancel: () => void;
}

/** The typed parameters of one run. */
export function RunForm(props: IRunFormProps): React.JSX.Element {
  const [name, setName] = React.useState(props.pipeline);
  const [values, setValues] = React.useState(() => typed(props.parameters, props.values));
  const action = useAction(() => props.onRun(name, parsed(props.parameters, values)));
  const wrongName = NAME.test(name) ? undefined : trans.__('Two to 63 lower-case letters, digits and dashes, a letter first.');
  const wrongValue = props.parameters.map(parameter => fault(parameter, values[parameter.name] ?? '')).find(Boolean);
  return (
    <Form
      submit={trans.__('Run')}
      busy={action.busy}
      error={action.error}
      blocked={wrongName ?? wrongValue}
      note={props.note}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      {!props.fixed && <TextField label={trans.__('Pipeline')} value={name} maxLength={63} error={wrongName} help={trans.__('A pipeline is made under this name, or moved on to this release.')} onChange={setName} />}
      <ParameterFields parameters={props.parameters} values={values} onChange={setValues} />
    </Form>
  );
}
