import * as React from 'react';

import type { Parameter } from '../../api/notebooks';
import { Check, TextField } from '../../ui/Fields';
import { trans } from '../../words';
import type { Typed } from './parameters';
import { fault } from './parameters';

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
  const help = [parameter.help, trans.__('%1, default %2', parameter.type, String(parameter.default) || '""')].filter(Boolean).join(' · ');
  if (parameter.type === 'bool') {
    return <Check label={parameter.name} help={help} checked={value === 'true'} onChange={checked => props.onChange(String(checked))} />;
  }
  const numeric = parameter.type === 'int' || parameter.type === 'float';
  return (
    <TextField
      label={parameter.name}
      value={value}
      type={parameter.type === 'date' ? 'date' : numeric ? 'number' : 'text'}
      help={help}
      error={fault(parameter, value)}
      maxLength={1000}
      onChange={props.onChange}
    />
  );
}
