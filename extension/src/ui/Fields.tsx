import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';

interface IFieldProps {
  label: string;
  /** One line below the field: unit, format or what leaving it empty means. */
  help?: React.ReactNode;
  error?: string | undefined;
}

function Field(props: IFieldProps & { id: string; children: React.ReactNode }): React.JSX.Element {
  return (
    <div className={`jp-octavo-Field${props.error ? ' jp-mod-error' : ''}`}>
      <label htmlFor={props.id}>{props.label}</label>
      {props.children}
      {(props.error || props.help) && (
        <div id={`${props.id}-help`} className="jp-octavo-Field-help" role={props.error ? 'alert' : undefined}>
          {props.error || props.help}
        </div>
      )}
    </div>
  );
}

/** Props of a field for text or a number. */
export interface ITextProps extends IFieldProps {
  value: string;
  onChange: (value: string) => void;
  type?: 'text' | 'number' | 'date' | 'search';
  placeholder?: string;
  maxLength?: number;
  readOnly?: boolean;
  suggestions?: readonly string[];
}

/** One line of text, a number or a date. */
export function TextField(props: ITextProps): React.JSX.Element {
  const id = React.useId();
  return (
    <Field {...props} id={id}>
      <input
        id={id}
        className="jp-mod-styled"
        type={props.type === 'number' ? 'text' : (props.type ?? 'text')}
        inputMode={props.type === 'number' ? 'decimal' : undefined}
        value={props.value}
        placeholder={props.placeholder}
        maxLength={props.maxLength}
        readOnly={props.readOnly}
        autoComplete="off"
        spellCheck={false}
        list={props.suggestions ? `${id}-list` : undefined}
        aria-describedby={props.help || props.error ? `${id}-help` : undefined}
        aria-invalid={Boolean(props.error)}
        onChange={event => props.onChange(event.target.value)}
      />
      {props.suggestions && (
        <datalist id={`${id}-list`}>
          {props.suggestions.map(one => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
    </Field>
  );
}

/** Several lines of text. */
export function TextArea(props: IFieldProps & { value: string; rows?: number; maxLength?: number; mono?: boolean; onChange: (value: string) => void }): React.JSX.Element {
  const id = React.useId();
  return (
    <Field {...props} id={id}>
      <textarea
        id={id}
        className={`jp-mod-styled${props.mono ? ' jp-octavo-Code' : ''}`}
        rows={props.rows ?? 3}
        value={props.value}
        maxLength={props.maxLength}
        aria-describedby={props.help || props.error ? `${id}-help` : undefined}
        aria-invalid={Boolean(props.error)}
        onChange={event => props.onChange(event.target.value)}
      />
    </Field>
  );
}

/** One of several values. */
export function Choice(props: IFieldProps & { value: string; options: readonly { value: string; label: string; disabled?: boolean }[]; onChange: (value: string) => void }): React.JSX.Element {
  const id = React.useId();
  return (
    <Field {...props} id={id}>
      <HTMLSelect
        id={id}
        value={props.value}
        aria-describedby={props.help || props.error ? `${id}-help` : undefined}
        onChange={event => props.onChange(event.target.value)}
      >
        {props.options.map(option => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </HTMLSelect>
    </Field>
  );
}

/** Yes or no. */
export function Check(props: { label: string; help?: string; checked: boolean; onChange: (checked: boolean) => void }): React.JSX.Element {
  const id = React.useId();
  return (
    <div className="jp-octavo-Field jp-octavo-Check">
      <input id={id} type="checkbox" checked={props.checked} onChange={event => props.onChange(event.target.checked)} />
      <label htmlFor={id}>{props.label}</label>
      {props.help && <div className="jp-octavo-Field-help">{props.help}</div>}
    </div>
  );
}
