import { checkIcon, circleEmptyIcon, errorIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { trans } from '../words';
import { Time } from './Time';

/** One line of a checklist. */
export interface ICheckLine {
  key: string;
  label: string;
  state: 'done' | 'todo' | 'required';
  detail?: string;
}

const CHECK_ICONS = { done: checkIcon, todo: circleEmptyIcon, required: errorIcon };

/** What is done, what could be, what policy wants. */
export function Checklist(props: { label: string; lines: readonly ICheckLine[] }): React.JSX.Element {
  const words = { done: trans.__('done'), todo: trans.__('to do'), required: trans.__('required') };
  return (
    <ul className="jp-octavo-Checklist" aria-label={props.label}>
      {props.lines.map(line => {
        const Icon = CHECK_ICONS[line.state];
        return (
          <li key={line.key} className={`jp-mod-${line.state}`}>
            <Icon.react tag="span" className="jp-octavo-Checklist-icon" />
            <div>
              <span>{line.label}</span> <span className="jp-octavo-Muted">{words[line.state]}</span>
              {line.detail && <p className="jp-octavo-Muted">{line.detail}</p>}
            </div>
          </li>
        );
      })}
    </ul>
  );
}

/** One thing that happened. */
export interface IMoment {
  key: string;
  at: string;
  title: React.ReactNode;
  detail?: React.ReactNode;
  actions?: React.ReactNode;
}

/** What happened, newest first. */
export function Timeline(props: { label: string; moments: readonly IMoment[] }): React.JSX.Element {
  return (
    <ol className="jp-octavo-Timeline" aria-label={props.label}>
      {props.moments.map(moment => (
        <li key={moment.key}>
          <div className="jp-octavo-Timeline-head">
            <span>{moment.title}</span>
            <Time at={moment.at} />
          </div>
          {moment.detail && <div className="jp-octavo-Muted">{moment.detail}</div>}
          {moment.actions && <div className="jp-octavo-Timeline-actions">{moment.actions}</div>}
        </li>
      ))}
    </ol>
  );
}

/** Sentences, one a line: reasons of a policy, changes of a parameter. */
export function Sentences(props: { label: string; sentences: readonly string[] }): React.JSX.Element {
  return (
    <ul className="jp-octavo-Sentences" aria-label={props.label}>
      {props.sentences.map(sentence => (
        <li key={sentence}>{sentence}</li>
      ))}
    </ul>
  );
}
