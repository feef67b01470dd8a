import { fileIcon, folderIcon, imageIcon, spreadsheetIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ArtifactEntry, ComparedRun } from '../../api/comparison';
import { listArtifacts } from '../../api/comparison';
import type { Requests } from '../../request';
import { Resource } from '../../resource';
import { bytes } from '../../ui/format';
import { Await, Empty } from '../../ui/states';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { trans } from '../../words';
import { ArtifactView } from './ArtifactView';

const ICONS: Record<ArtifactEntry['kind'], LabIcon> = { folder: folderIcon, image: imageIcon, table: spreadsheetIcon, text: fileIcon, other: fileIcon };

/** Props of the runs' artifacts. */
export interface IArtifactsProps {
  requests: Requests;
  project: string;
  runs: readonly ComparedRun[];
  labels: ReadonlyMap<string, string>;
}

/** What the runs left, folder by folder; a file is shown for all runs side by side. */
export function Artifacts(props: IArtifactsProps): React.JSX.Element {
  const { requests, project, runs, labels } = props;
  const [folder, setFolder] = React.useState('');
  const [file, setFile] = React.useState<ArtifactEntry | null>(null);
  const ids = runs.map(run => run.run_id).join(',');
  const load = React.useCallback((signal: AbortSignal) => listArtifacts(requests, project, ids.split(','), folder, signal), [requests, project, ids, folder]);
  const listing = useAsked(load);
  const open = (entry: ArtifactEntry): void => (entry.kind === 'folder' ? (setFolder(entry.path), setFile(null)) : setFile(entry));
  const go = (path: string): void => {
    setFolder(path);
    setFile(null);
  };
  return (
    <>
      <Crumbs path={file?.path ?? folder} onFolder={go} />
      <Await resource={listing} lines={5}>
        {found =>
          found.entries.length === 0 ? (
            <Empty title={trans.__('No artifacts')}>{trans.__('Log one, as in mlflow.log_figure(figure, "roc.png") or mlflow.log_table(frame, "errors.json").')}</Empty>
          ) : file ? (
            <ArtifactView {...props} entry={file} />
          ) : (
            <>
              <Table label={trans.__('Artifacts')} rows={found.entries} rowKey={entry => entry.path} columns={columns(runs, labels)} onOpen={open} />
              {found.left_out > 0 && <p className="jp-octavo-Muted">{trans.__('%1 more are not listed; open them in MLflow.', found.left_out)}</p>}
            </>
          )
        }
      </Await>
    </>
  );
}

function columns(runs: readonly ComparedRun[], labels: ReadonlyMap<string, string>): IColumn<ArtifactEntry>[] {
  return [
    {
      id: 'name',
      title: trans.__('Name'),
      cell: entry => {
        const Icon = ICONS[entry.kind];
        return (
          <span className="jp-octavo-Artifacts-name">
            <Icon.react tag="span" />
            {entry.path.split('/').pop()}
          </span>
        );
      }
    },
    ...runs.map((run, index) => ({
      id: run.run_id,
      title: labels.get(run.run_id) ?? run.name,
      numeric: true,
      cell: (entry: ArtifactEntry) => {
        const size = entry.sizes[index] ?? null;
        return size === null ? <span className="jp-octavo-Muted">{trans.__('none')}</span> : entry.kind === 'folder' ? trans.__('folder') : bytes(size);
      }
    }))
  ];
}

function Crumbs(props: { path: string; onFolder: (path: string) => void }): React.JSX.Element {
  const parts = props.path.split('/').filter(Boolean);
  return (
    <nav aria-label={trans.__('Folder')} className="jp-octavo-Artifacts-crumbs">
      <button type="button" className="jp-octavo-Link" onClick={() => props.onFolder('')}>
        {trans.__('Artifacts')}
      </button>
      {parts.map((part, index) => (
        <React.Fragment key={index}>
          <span aria-hidden="true"> / </span>
          {index + 1 < parts.length ? (
            <button type="button" className="jp-octavo-Link" onClick={() => props.onFolder(parts.slice(0, index + 1).join('/'))}>
              {part}
            </button>
          ) : (
            <span>{part}</span>
          )}
        </React.Fragment>
      ))}
    </nav>
  );
}

/** What `load` loads; another function loads anew, so memoise it. */
export function useAsked<T>(load: (signal: AbortSignal) => Promise<T>): Resource<T> {
  const resource = React.useMemo(() => new Resource(load), [load]);
  React.useEffect(() => {
    void resource.refresh();
    return () => resource.dispose();
  }, [resource]);
  return resource;
}
