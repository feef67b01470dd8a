import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Locked } from './Locked';
import { PageNote } from './states';

/** Props of a main-area page. */
export interface IPageProps {
  icon?: LabIcon;
  title: React.ReactNode;
  /** The one thing a person came for. */
  answer?: React.ReactNode;
  chips?: React.ReactNode;
  actions?: React.ReactNode;
  /** Why actions can't be used by who looks, by the sentence. */
  locked?: readonly (string | undefined)[];
  /** The body is as tall as the tab and scrolls by itself. */
  fills?: boolean;
  children: React.ReactNode;
}

/** The frame of every main-area view: the answer first, proof beside it, the next step at the right. */
export function Page(props: IPageProps): React.JSX.Element {
  const note = React.useContext(PageNote);
  return (
    <article className={`jp-octavo-Page${props.fills ? ' jp-mod-fills' : ''}`}>
      <header className="jp-octavo-Page-header">
        <div className="jp-octavo-Page-heading">
          <h1>
            {props.icon && <props.icon.react tag="span" className="jp-octavo-Page-icon" />}
            {props.title}
          </h1>
          {props.answer && <p className="jp-octavo-Page-answer">{props.answer}</p>}
          {props.chips && <div className="jp-octavo-Chips">{props.chips}</div>}
        </div>
        {props.actions && <div className="jp-octavo-Page-actions">{props.actions}</div>}
      </header>
      <PageNote.Provider value={undefined}>
        {note}
        <Locked reasons={props.locked ?? []} />
        <div className="jp-octavo-Page-body">{props.children}</div>
      </PageNote.Provider>
    </article>
  );
}

/** A titled part of a page. */
export function Card(props: { title: string; count?: number; aside?: React.ReactNode; children: React.ReactNode }): React.JSX.Element {
  const id = React.useId();
  return (
    <section className="jp-octavo-Card" aria-labelledby={id}>
      <h2 id={id}>
        {props.title}
        {props.count !== undefined && <span className="jp-octavo-Count">{props.count}</span>}
        {props.aside && <span className="jp-octavo-Card-aside">{props.aside}</span>}
      </h2>
      {props.children}
    </section>
  );
}

/** Names and their values, one a line. */
export function Facts(props: { facts: readonly (readonly [string, React.ReactNode])[] }): React.JSX.Element {
  return (
    <dl className="jp-octavo-Facts">
      {props.facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Many figures in as many columns as there is room for, each right-aligned. */
export function Figures(props: { figures: readonly (readonly [string, string])[] }): React.JSX.Element {
  return (
    <dl className="jp-octavo-Figures">
      {props.figures.map(([name, value]) => (
        <div key={name}>
          <dt title={name}>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Main content with a narrower column at its side, which stays in sight with `follow`; one below the other where there is no room. */
export function Split(props: { main: React.ReactNode; side: React.ReactNode; follow?: boolean }): React.JSX.Element {
  return (
    <div className={`jp-octavo-Split${props.follow ? ' jp-mod-follow' : ''}`}>
      <div className="jp-octavo-Split-main">{props.main}</div>
      <aside className="jp-octavo-Split-side">{props.side}</aside>
    </div>
  );
}
