import type { Parameter, ParameterValue } from '../../api/notebooks';
import { trans } from '../../words';

/** What is typed into a form, by parameter. */
export type Typed = Readonly<Record<string, string>>;

/** What the form begins with: the defaults, or what an earlier run was given. */
export function typed(parameters: readonly Parameter[], values: Readonly<Record<string, ParameterValue>> = {}): Typed {
  return Object.fromEntries(parameters.map(parameter => [parameter.name, String(values[parameter.name] ?? parameter.default)]));
}

/** Say what is wrong with a typed value; undefined when nothing is. */
export function fault(parameter: Parameter, value: string): string | undefined {
  switch (parameter.type) {
    case 'int':
      return /^[+-]?\d{1,15}$/.test(value.trim()) ? undefined : trans.__('%1 is no whole number.', value || trans.__('nothing'));
    case 'float':
      return value.trim() !== '' && Number.isFinite(Number(value)) ? undefined : trans.__('%1 is no number.', value || trans.__('nothing'));
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(value.trim()) && !Number.isNaN(Date.parse(value)) ? undefined : trans.__('%1 is no date like 2013-06-15.', value || trans.__('nothing'));
    default:
      return undefined;
  }
}

/** Turn what was typed into values; throws nothing, as faults keep a form from being sent. */
export function parsed(parameters: readonly Parameter[], values: Typed): Record<string, ParameterValue> {
  return Object.fromEntries(parameters.map(parameter => [parameter.name, value(parameter, values[parameter.name] ?? '')]));
}

function value(parameter: Parameter, text: string): ParameterValue {
  switch (parameter.type) {
    case 'int':
    case 'float':
      return Number(text);
    case 'bool':
      return text === 'true';
    default:
      return text;
  }
}
