import * as React from 'react';

import type { ArtifactEntry, ComparedRun, RunSheet } from '../../api/comparison';
import { readImage, readSheet } from '../../api/comparison';
import type { Requests } from '../../request';
import { Scroll } from '../../ui/Scroll';
import { Await, Empty } from '../../ui/states';
import { trans } from '../../words';
import { useAsked } from './Artifacts';

/** Props of a file of several runs. */
export interface IArtifactViewProps {
  requests: Requests;
  project: string;
  runs: readonly ComparedRun[];
  labels: ReadonlyMap<string, string>;
  entry: ArtifactEntry;
}

/** One file as each run left it, side by side. */
export function ArtifactView(props: IArtifactViewProps): React.JSX.Element {
  const { entry } = props;
  if (entry.kind === 'other' || entry.kind === 'folder') {
    return <Empty title={trans.__('This kind of file is not shown here')}>{trans.__('Images, tables (CSV, TSV, JSON, Parquet) and texts are; open others in MLflow.')}</Empty>;
  }
  return (
    <div className="jp-octavo-Artifacts-side">
      {props.runs.map((run, index) => (
        <section key={run.run_id} aria-label={props.labels.get(run.run_id)}>
          <h3>{props.labels.get(run.run_id)}</h3>
          {(entry.sizes[index] ?? null) === null ? (
            <p className="jp-octavo-Muted">{trans.__('This run has none.')}</p>
          ) : entry.kind === 'image' ? (
            <Picture {...props} run={run} />
          ) : (
            <Sheet {...props} run={run} />
          )}
        </section>
      ))}
    </div>
  );
}

type OfRun = IArtifactViewProps & { run: ComparedRun };

function Picture(props: OfRun): React.JSX.Element {
  const { requests, project, run, entry } = props;
  const load = React.useCallback((signal: AbortSignal) => readImage(requests, project, run.run_id, entry.path, signal), [requests, project, run.run_id, entry.path]);
  const image = useAsked(load);
  return (
    <Await resource={image} lines={4} compact>
      {found => (
        <figure>
          <img src={`data:${found.media_type};base64,${found.content}`} width={found.width} height={found.height} alt={trans.__('%1 of %2', entry.path, props.labels.get(run.run_id) ?? run.name)} />
          <figcaption className="jp-octavo-Muted">{trans.__('%1 × %2 pixels', found.width, found.height)}</figcaption>
        </figure>
      )}
    </Await>
  );
}

function Sheet(props: OfRun): React.JSX.Element {
  const { requests, project, run, entry } = props;
  const load = React.useCallback((signal: AbortSignal) => readSheet(requests, project, run.run_id, entry.path, signal), [requests, project, run.run_id, entry.path]);
  const sheet = useAsked(load);
  return (
    <Await resource={sheet} lines={4} compact>
      {found => (found.text !== null ? <pre className="jp-octavo-Artifacts-text">{found.text}</pre> : <Cells sheet={found} label={entry.path} />)}
    </Await>
  );
}

function Cells(props: { sheet: RunSheet; label: string }): React.JSX.Element {
  const { sheet } = props;
  return (
    <>
      <Scroll label={props.label} className="jp-octavo-Artifacts-table">
        <table className="jp-octavo-Table" aria-label={props.label}>
          <thead>
            <tr>
              {sheet.columns.map((name, index) => (
                <th key={index} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {sheet.rows.map((row, index) => (
              <tr key={index}>
                {row.map((cell, at) => (
                  <td key={at}>{cell ?? <span className="jp-octavo-Muted">{trans.__('none')}</span>}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p className="jp-octavo-Muted">{shownText(sheet)}</p>
    </>
  );
}

function shownText(sheet: RunSheet): string {
  const rows = trans._n('%1 row', '%1 rows', sheet.rows.length, sheet.rows.length);
  const first = sheet.more_rows ? trans.__('The first %1.', rows) : `${rows}.`;
  return sheet.more_columns > 0 ? `${first} ${trans._n('%1 column is left out.', '%1 columns are left out.', sheet.more_columns, sheet.more_columns)}` : first;
}
