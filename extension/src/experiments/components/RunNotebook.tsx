import { notebookIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { RunNotebook as Link } from '../../api/cells';
import type { Resource } from '../../resource';
import { Button } from '../../ui/Button';
import { Chip, Digest } from '../../ui/Chip';
import { Code } from '../../ui/Code';
import { Card, Facts } from '../../ui/Page';
import { Await } from '../../ui/states';
import { trans } from '../../words';
import { Notes } from '../cells/version';

/** Props of the card. */
export interface IRunNotebookProps {
  notebook: Resource<Link>;
  /** The execution of the same cell before this one; null: none is known. */
  before: string | null;
  onOpen: () => void;
  onCompare: (before: string) => void;
}

function Version(props: { link: Link }): React.JSX.Element {
  const { version, sha256 } = props.link;
  return (
    <>
      {sha256 ? <Digest value={sha256} what={trans.__('Notebook version')} /> : '–'} {!version && <Chip tone="warn">{trans.__('not stored')}</Chip>}
      {version && !version.exact && <Chip tone="warn">{trans.__('without outputs')}</Chip>}
    </>
  );
}

function cellLine(link: Link): string {
  if (link.cell === null) {
    return '–';
  }
  const place = link.cell_index === null ? trans.__('not in the stored version') : trans.__('number %1', link.cell_index + 1);
  return link.saved === 'changed' ? trans.__('%1, changed since the last save', place) : place;
}

/** The notebook version and the cell that made a run, with the cell's source as it ran. */
export function RunNotebook(props: IRunNotebookProps): React.JSX.Element {
  const { before } = props;
  return (
    <Card title={trans.__('Notebook and cell')}>
      <Await resource={props.notebook} compact lines={4}>
        {link => (
          <>
            <Facts
              facts={[
                [trans.__('Notebook'), link.path],
                [trans.__('Version'), <Version key="version" link={link} />],
                [trans.__('Cell'), cellLine(link)],
                [trans.__('Commit'), link.commit ? <Digest key="commit" value={link.commit} what={trans.__('Commit')} /> : '–']
              ]}
            />
            <Notes notes={link.notes} />
            {link.source !== null && <Code label={trans.__('the cell as it ran')} code={link.source} />}
            <div className="jp-octavo-Actions">
              <Button icon={notebookIcon} onClick={props.onOpen}>
                {link.version ? trans.__('Open notebook version') : trans.__('Show what is known')}
              </Button>
              {before !== null && <Button onClick={() => props.onCompare(before)}>{trans.__('Compare with the run before')}</Button>}
            </div>
          </>
        )}
      </Await>
    </Card>
  );
}
