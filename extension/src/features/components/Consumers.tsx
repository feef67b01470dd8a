import * as React from 'react';

import type { Consumer } from '../../api/features';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Empty } from '../../ui/states';
import { trans } from '../../words';

const columns = (): IColumn<Consumer>[] => [
  { id: 'name', title: trans.__('Name'), cell: row => row.name, sort: row => row.name },
  { id: 'kind', title: trans.__('Kind'), cell: row => row.kind.replace(/_/g, ' '), sort: row => row.kind },
  { id: 'relation', title: trans.__('How'), cell: row => row.relation, sort: row => row.relation }
];

/** What was made from a feature view. */
export function Consumers(props: { consumers: readonly Consumer[] }): React.JSX.Element {
  return props.consumers.length === 0 ? (
    <Empty title={trans.__('Nobody uses it yet')}>{trans.__('Feature services, runs, releases and models that read it appear here.')}</Empty>
  ) : (
    <Table label={trans.__('Consumers')} rows={props.consumers} columns={columns()} rowKey={row => `${row.node} ${row.relation}`} />
  );
}
