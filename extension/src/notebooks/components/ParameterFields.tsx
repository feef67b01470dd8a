import * as React from 'react';

import type { Parameter } from '../../api/notebooks';
import { Check, Choice, TextField } from '../../ui/Fields';
import { trans } from '../../words';
import type { Typed } from './parameters';
import { fault, LONGEST_TEXT, takes } from './parameters';

/** A field for each parameter, of the kind its type wants. */
export function ParameterFields(props: { parameters: readonly Parameter[]; values: Typed; onChange: (values: Typed) => void }): React.JSX.Element {
  if (props.parameters.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('The notebook has no parameters. Tag a cell with "parameters" to give it some.')}</p>;
  }
  return (
    <div className="jp-octavo-Form-columns">
      {props.parameters.map(parameter => (
        <ParameterField
          key={parameter.name}
          parameter={parameter}
          value={props.values[parameter.name] ?? ''}
          onChange={value => props.onChange({ ...props.values, [parameter.name]: value })}
        />
      ))}
    </div>
  );
}

function ParameterField(props: { parameter: Parameter; value: string; onChange: (value: string) => void }): React.JSX.Element {
  const { parameter, value } = props;
  const help = [parameter.help, takes(parameter)].filter(Boolean).join(' · ');
  if (parameter.type === 'bool') {
    return <Check label={parameter.name} help={help} checked={value === 'true'} onChange={checked => props.onChange(String(checked))} />;
  }
  if ((parameter.choices ?? []).length > 0) {
    return <ChoiceField {...props} help={help} />;
  }
  const numeric = parameter.type === 'int' || parameter.type === 'float';
  return (
    <TextField
      label={parameter.unit ? `${parameter.name} (${parameter.unit})` : parameter.name}
      value={value}
      type={parameter.type === 'date' ? 'date' : numeric ? 'number' : 'text'}
      help={help}
      error={fault(parameter, value)}
      maxLength={LONGEST_TEXT}
      onChange={props.onChange}
    />
  );
}

function ChoiceField(props: { parameter: Parameter; value: string; help: string; onChange: (value: string) => void }): React.JSX.Element {
  const { parameter, value } = props;
  const choices = (parameter.choices ?? []).map(String);
  // What an earlier run was given may be no choice any more: shown with its fault, not replaced unasked.
  const options = choices.includes(value) ? choices : [value, ...choices];
  return (
    <Choice
      label={parameter.unit ? `${parameter.name} (${parameter.unit})` : parameter.name}
      value={value}
      options={options.map(one => ({ value: one, label: one || '""' }))}
      help={props.help}
      error={fault(parameter, value)}
      onChange={props.onChange}
    />
  );
}
