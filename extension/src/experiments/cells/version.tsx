import type { INotebookContent } from '@jupyterlab/nbformat';
import { notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { RunNotebook } from '../../api/cells';
import type { IOctavo } from '../../tokens';
import { Button } from '../../ui/Button';
import { Chip, Digest } from '../../ui/Chip';
import { Code } from '../../ui/Code';
import { LuminoHost } from '../../ui/LuminoHost';
import { Page } from '../../ui/Page';
import { Await, Empty } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import type { INotebookParts } from './notebook';
import { versionNotebook } from './notebook';
import type { IVersion, VersionModel } from './versionModel';

function Host(props: { content: INotebookContent; marked: number | null; parts: INotebookParts }): React.JSX.Element {
  const { content, marked, parts } = props;
  const create = React.useCallback(() => versionNotebook(content, marked, parts), [content, marked, parts]);
  return <LuminoHost className="jp-octavo-Version-notebook" label={trans.__('Notebook version')} create={create} />;
}

/** What is missing of a run's notebook or differs from what ran, as sentences. */
export function Notes(props: { notes: readonly string[] }): React.JSX.Element | null {
  return props.notes.length === 0 ? null : (
    <ul className="jp-octavo-Notes" role="status" aria-label={trans.__('What to know about this version')}>
      {props.notes.map(note => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}

/** The cell as it ran, where the stored version does not show it. */
export function AsItRan(props: { link: RunNotebook }): React.JSX.Element | null {
  const { link } = props;
  return link.source === null || link.saved === 'same' ? null : <Code label={trans.__('the cell as it ran')} code={link.source} />;
}

function answer(link: RunNotebook): string {
  if (!link.version) {
    return trans.__('The version was not stored');
  }
  return link.cell_index === null ? trans.__('The cell that made the run is not in it') : trans.__('Cell %1 made the run', link.cell_index + 1);
}

function Chips(props: { link: RunNotebook }): React.JSX.Element {
  const { version, sha256 } = props.link;
  return (
    <>
      <Chip title={trans.__('It is kept as it was when the run began and can not be changed or executed.')}>{trans.__('read-only')}</Chip>
      {version && (
        <Chip tone={version.exact ? 'good' : 'warn'} title={version.exact ? trans.__('The stored bytes have the digest that the run recorded.') : trans.__('Stored without outputs; nothing but the word of %1 says that it belongs to the digest.', version.stored_by)}>
          {version.exact ? trans.__('exact') : trans.__('without outputs')}
        </Chip>
      )}
      {sha256 && <Digest value={sha256} what={trans.__('Notebook version')} />}
      {version && (
        <Chip title={trans.__('Stored by %1', version.stored_by)}>
          <Time at={version.stored_at} />
        </Chip>
      )}
    </>
  );
}

/** The notebook version that made a run in the main area. */
export function VersionPage(props: { model: VersionModel; octavo: IOctavo; parts: INotebookParts }): React.JSX.Element {
  const { model, octavo } = props;
  const body = ({ link, content }: IVersion): React.ReactNode => (
    <Page
      fills
      icon={notebookIcon}
      title={link.path}
      answer={answer(link)}
      chips={<Chips link={link} />}
      actions={<Button onClick={() => octavo.open('run', { project: model.project, id: model.run })}>{trans.__('Open run')}</Button>}
    >
      <Notes notes={link.notes} />
      <AsItRan link={link} />
      {content ? (
        <Host content={content} marked={link.cell_index} parts={props.parts} />
      ) : (
        <Empty title={trans.__('There is no notebook to show')}>
          {link.commit ? trans.__('Commit %1 of its folder may hold it.', link.commit) : trans.__('Octavo keeps the version of every run that begins in a workspace with this platform in reach.')}
        </Empty>
      )}
    </Page>
  );
  return (
    <Await resource={model.version} lines={12}>
      {body}
    </Await>
  );
}
