import { checkIcon, circleEmptyIcon, errorIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { RegistrationDraft } from '../../api/registry';
import { Chip } from '../../ui/Chip';
import { trans } from '../../words';

type Line = RegistrationDraft['checklist'][number];
type Environment = NonNullable<Line['required_in']>[number];

/** Where versions go live, in the order in which they do. */
export const ENVIRONMENTS: readonly Environment[] = ['dev', 'test', 'prod'];

/** Lines that registering itself settles. */
const SETTLED_LATER: ReadonlySet<string> = new Set(['scan', 'prediction']);

const ICONS: Record<Line['state'], LabIcon> = { done: checkIcon, todo: circleEmptyIcon, required: errorIcon };

/** What is there and what is missing, with the environments that take no version without it. */
export function Requirements(props: { label: string; lines: readonly Line[]; usable?: RegistrationDraft['usable_in'] | undefined }): React.JSX.Element {
  // A draft can't know yet what registering itself settles.
  const later = (line: Line): boolean => props.usable !== undefined && line.state === 'todo' && SETTLED_LATER.has(line.key);
  const words = { done: trans.__('done'), todo: trans.__('to do'), required: trans.__('required') };
  return (
    <>
      {props.usable && <Usable usable={props.usable} />}
      <ul className="jp-octavo-Checklist" aria-label={props.label}>
        {props.lines.map(line => {
          const Icon = ICONS[line.state];
          return (
            <li key={line.key} className={`jp-mod-${line.state}`}>
              <Icon.react tag="span" className="jp-octavo-Checklist-icon" />
              <div>
                <span>{line.label}</span> <span className="jp-octavo-Muted">{later(line) ? trans.__('comes next') : words[line.state]}</span>
                {!later(line) && <Wanted line={line} />}
                {line.detail && <p className="jp-octavo-Muted">{line.detail}</p>}
              </div>
            </li>
          );
        })}
      </ul>
    </>
  );
}

/** Which environments would take the version as it is. */
function Usable(props: { usable: RegistrationDraft['usable_in'] }): React.JSX.Element {
  return (
    <p className="jp-octavo-Chips" aria-label={trans.__('Where it could go live')}>
      {ENVIRONMENTS.map(environment => {
        const may = props.usable[environment];
        return (
          <Chip key={environment} tone={may ? 'good' : 'idle'} title={may ? trans.__('Nothing that %1 requires is missing.', environment) : trans.__('Something that %1 requires is missing.', environment)}>
            {may ? trans.__('%1: ready', environment) : trans.__('%1: not yet', environment)}
          </Chip>
        );
      })}
    </p>
  );
}

function Wanted(props: { line: Line }): React.JSX.Element | null {
  const wanted = props.line.required_in ?? [];
  if (props.line.state === 'done' || wanted.length === 0) {
    return null;
  }
  return <small className="jp-octavo-Wanted"> · {trans.__('needed for %1', wanted.join(', '))}</small>;
}
