import type { IDisposable } from '@lumino/disposable';
import * as React from 'react';

import type { ChainFigure, DifferenceList } from '../api/proof';
import { listRegistryDifferences, readChain } from '../api/proof';
import { modelIcon } from '../icon';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import { Chip } from '../ui/Chip';
import { percent } from '../ui/format';
import { Timeline } from '../ui/lists';
import { Card, Page } from '../ui/Page';
import { Await, Empty } from '../ui/states';
import type { IColumn } from '../ui/Table';
import { Table } from '../ui/Table';
import { Time } from '../ui/Time';
import { trans } from '../words';

type Row = ChainFigure['versions'][number];

/** How much of what is in production is proved from data to deployment, and what went past the registry. */
export class ChainModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    const { requests, session } = octavo;
    this.figure = new Resource(signal => readChain(requests, this.project, signal));
    this.differences = new Resource(signal => listRegistryDifferences(requests, this.project, signal));
    this.figure.poll(session.settings.refreshSeconds * 3);
    this.differences.poll(session.settings.refreshSeconds * 3);
  }

  readonly project: string;
  readonly figure: Resource<ChainFigure>;
  readonly differences: Resource<DifferenceList>;

  get isDisposed(): boolean {
    return this.figure.isDisposed;
  }

  dispose(): void {
    this.figure.dispose();
    this.differences.dispose();
  }
}

/** The page of the figure: the share first, then each version in production, what misses a link first. */
export function ChainPage(props: { model: ChainModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.figure} lines={8}>
      {figure => (
        <Page
          icon={modelIcon}
          title={trans.__('Proof of what is in production')}
          answer={figure.percent === null ? trans.__('Nothing is in production.') : trans.__('%1 of versions in production have a complete, verifying chain: %2 of %3', percent(figure.percent / 100, 0), figure.complete, figure.production)}
          chips={
            <Chip>
              {trans.__('checked')} <Time at={figure.checked_at} />
            </Chip>
          }
        >
          {figure.versions.length === 0 ? (
            <Empty title={trans.__('Nothing is in production')}>{trans.__('Once a version is live there, this says which links of its chain are known and hold: data, features, run, notebook, environment, statement, bills of materials, approval.')}</Empty>
          ) : (
            <Table label={trans.__('Versions in production')} rows={figure.versions} columns={columns()} rowKey={row => `${row.deployment} ${row.name} ${row.version}`} onOpen={row => octavo.open('model', { project: model.project, name: row.name, version: String(row.version) })} />
          )}
          <Card title={trans.__('Changed in MLflow past Octavo')}>
            <Await resource={model.differences} compact>
              {found => <Differences found={found} />}
            </Await>
          </Card>
        </Page>
      )}
    </Await>
  );
}

function columns(): IColumn<Row>[] {
  return [
    { id: 'version', title: trans.__('Version'), cell: row => `${row.name} v${row.version}`, sort: row => row.name },
    { id: 'deployment', title: trans.__('Deployment'), cell: row => `${row.deployment} @${row.environment}`, sort: row => row.deployment },
    { id: 'chain', title: trans.__('Chain'), cell: row => <Chip tone={row.broken.length > 0 ? 'bad' : row.complete ? 'good' : 'warn'}>{row.broken.length > 0 ? trans.__('broken') : row.complete ? trans.__('complete') : trans.__('incomplete')}</Chip> },
    { id: 'missing', title: trans.__('Missing'), wraps: true, cell: row => row.missing.join(', ') },
    { id: 'broken', title: trans.__('Does not hold'), wraps: true, cell: row => row.broken.join(', ') }
  ];
}

function Differences(props: { found: DifferenceList }): React.JSX.Element {
  const { items } = props.found;
  if (items.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('Nothing: what MLflow holds is what was registered and moved here.')}</p>;
  }
  return (
    <Timeline
      label={trans.__('Changed in MLflow past Octavo')}
      moments={items.map(one => ({
        key: String(one.id),
        at: one.found_at,
        title: one.version === null ? one.name : `${one.name} v${one.version}`,
        detail: (
          <>
            <Chip tone={one.repaired ? 'good' : one.resolved_at ? 'plain' : 'bad'}>{one.repaired ? trans.__('repaired') : one.resolved_at ? trans.__('gone since') : trans.__('needs a person')}</Chip> {one.detail}
          </>
        )
      }))}
    />
  );
}
