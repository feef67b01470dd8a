import * as React from 'react';

import type { Consumer, FeatureUse, FeatureView } from '../../api/features';
import { viewOf } from '../../lineage/panel';
import type { IOctavo } from '../../tokens';
import { Card } from '../../ui/Page';
import { Empty } from '../../ui/states';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

function consumerColumns(octavo: IOctavo): IColumn<Consumer>[] {
  const open = (row: Consumer): (() => void) | null => {
    const view = viewOf({ id: row.node, kind: row.kind, label: row.name, distance: 1 });
    return view && (() => octavo.open(view.kind, view.args));
  };
  return [
    { id: 'name', title: trans.__('Name'), cell: row => <Name name={row.name} onOpen={open(row)} />, sort: row => row.name },
    { id: 'kind', title: trans.__('Kind'), cell: row => row.kind.replace(/_/g, ' '), sort: row => row.kind },
    { id: 'relation', title: trans.__('How'), cell: row => row.relation.replace(/_/g, ' '), sort: row => row.relation }
  ];
}

function Name(props: { name: string; onOpen: (() => void) | null }): React.JSX.Element {
  return props.onOpen ? (
    <button type="button" className="jp-octavo-Link" onClick={props.onOpen}>
      <bdi>{props.name}</bdi>
    </button>
  ) : (
    <bdi>{props.name}</bdi>
  );
}

const readerColumns = (): IColumn<FeatureUse>[] => [
  { id: 'person', title: trans.__('Who'), cell: row => <bdi>{row.person}</bdi>, sort: row => row.person },
  { id: 'subject', title: trans.__('Where'), cell: row => <bdi>{row.subject || '–'}</bdi>, sort: row => row.subject },
  { id: 'how', title: trans.__('How'), cell: row => row.how, sort: row => row.how },
  { id: 'columns', title: trans.__('Columns'), numeric: true, cell: row => <span title={row.columns.join('\n')}>{row.columns.length}</span>, sort: row => row.columns.length },
  { id: 'count', title: trans.__('Reads'), numeric: true, cell: row => row.count.toLocaleString('en-US'), sort: row => row.count },
  { id: 'last', title: trans.__('Last'), cell: row => <Time at={row.last_at} />, sort: row => row.last_at }
];

/** What was made from a view; the snapshot that publishes it is none of its users. */
export function consumersOf(view: FeatureView): Consumer[] {
  return view.consumers.filter(one => one.kind !== 'feature_snapshot');
}

/** What was made from a feature view, and who reads it. */
export function Consumers(props: { octavo: IOctavo; view: FeatureView }): React.JSX.Element {
  const { octavo, view } = props;
  const consumers = consumersOf(view);
  if (consumers.length === 0 && view.uses.length === 0) {
    return <Empty title={trans.__('Nobody uses it yet')}>{trans.__('Feature services, runs, releases and models that read it appear here, and the people who do.')}</Empty>;
  }
  return (
    <>
      {consumers.length > 0 && (
        <Card title={trans.__('Made from it')} count={consumers.length}>
          <Table label={trans.__('Consumers')} rows={consumers} columns={consumerColumns(octavo)} rowKey={row => `${row.node} ${row.relation}`} />
        </Card>
      )}
      {view.uses.length > 0 && (
        <Card title={trans.__('Read in the last 90 days')} count={view.uses.length}>
          <Table label={trans.__('Readers')} rows={view.uses} columns={readerColumns()} rowKey={row => `${row.person} ${row.how} ${row.subject}`} />
        </Card>
      )}
    </>
  );
}
