import type { Parameter, ParameterValue } from '../../api/notebooks';
import { trans } from '../../words';

/** Most characters of a text, as the server has it. */
export const LONGEST_TEXT = 4096;

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What is typed into a form, by parameter. */
export type Typed = Readonly<Record<string, string>>;

/** What the form begins with: the defaults, or what an earlier run was given. */
export function typed(parameters: readonly Parameter[], values: Readonly<Record<string, ParameterValue>> = {}): Typed {
  return Object.fromEntries(parameters.map(parameter => [parameter.name, String(valueOf(parameter, values))]));
}

/** What a run was given for a parameter, else its default; a parameter may be called `constructor`. */
export function valueOf(parameter: Parameter, values: Readonly<Record<string, ParameterValue>>): ParameterValue {
  return Object.prototype.hasOwnProperty.call(values, parameter.name) ? (values[parameter.name] ?? parameter.default) : parameter.default;
}

/** Say which values a parameter may have, with their unit; a dash where its type alone decides. */
export function allowed(parameter: Parameter): string {
  return limits(parameter).join(', ') || '–';
}

/** Say in a few words what a parameter takes: its type, bounds, unit and default. */
export function takes(parameter: Parameter): string {
  const said = (parameter.choices ?? []).length > 0 ? [] : limits(parameter);
  return [parameter.type, ...said, trans.__('default %1', String(parameter.default) || '""')].join(', ');
}

function limits(parameter: Parameter): string[] {
  const { minimum, maximum, unit } = parameter;
  const choices = parameter.choices ?? [];
  const said = [
    choices.length > 0 ? trans.__('one of %1', choices.map(String).join(', ')) : '',
    isStated(minimum) ? trans.__('at least %1', withUnit(parameter, minimum)) : '',
    isStated(maximum) ? trans.__('at most %1', withUnit(parameter, maximum)) : ''
  ].filter(Boolean);
  return said.length > 0 || !unit ? said : [unit];
}

/** A value and what it is counted in. */
export function withUnit(parameter: Parameter, value: ParameterValue): string {
  return parameter.unit ? `${String(value)} ${parameter.unit}` : String(value);
}

function isStated(bound: ParameterValue | null | undefined): bound is ParameterValue {
  return bound !== null && bound !== undefined;
}

/** Say what is wrong with a typed value; undefined when nothing is. The server holds the same rules. */
export function fault(parameter: Parameter, value: string): string | undefined {
  return wrongType(parameter, value) ?? outside(parameter, value);
}

function wrongType(parameter: Parameter, text: string): string | undefined {
  const shown = text || trans.__('nothing');
  switch (parameter.type) {
    case 'int':
      return /^[+-]?\d+$/.test(text.trim()) && Number.isSafeInteger(Number(text)) ? undefined : trans.__('%1 is no whole number.', shown);
    case 'float':
      return DECIMAL.test(text.trim()) && Number.isFinite(Number(text)) ? undefined : trans.__('%1 is no number.', shown);
    case 'date':
      return isDay(text.trim()) ? undefined : trans.__('%1 is no date like 2013-06-15.', shown);
    case 'str':
      return text.length > LONGEST_TEXT ? trans.__('%1 characters are more than the %2 that a text may have.', text.length, LONGEST_TEXT) : undefined;
    default:
      return undefined;
  }
}

/** Say that a value of the right type is beyond its bounds or none of its choices. */
function outside(parameter: Parameter, text: string): string | undefined {
  const { minimum, maximum } = parameter;
  const given = value(parameter, text);
  const choices = parameter.choices ?? [];
  if (choices.length > 0 && !choices.includes(given)) {
    return trans.__('%1 is none of %2.', text || trans.__('nothing'), choices.slice(0, 20).map(String).join(', '));
  }
  if (isStated(minimum) && given < minimum) {
    return trans.__('%1 is less than %2.', text, withUnit(parameter, minimum));
  }
  // ISO dates sort as text.
  return isStated(maximum) && given > maximum ? trans.__('%1 is more than %2.', text, withUnit(parameter, maximum)) : undefined;
}

/** 2013-02-30 is a date to `Date`, but on another day. */
function isDay(text: string): boolean {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : null;
  return day !== null && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
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
    case 'date':
      return text.trim();
    default:
      return text;
  }
}
