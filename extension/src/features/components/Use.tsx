import { addBelowIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { FeatureView } from '../../api/features';
import { Button } from '../../ui/Button';
import { Code } from '../../ui/Code';
import { duration } from '../../ui/format';
import { Card, Facts, Split } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

type Row = FeatureView['features'][number];

const columns = (): IColumn<Row>[] => [
  { id: 'name', title: trans.__('Feature'), cell: row => <b>{row.name}</b>, sort: row => row.name },
  { id: 'dtype', title: trans.__('Type'), cell: row => row.dtype, sort: row => row.dtype },
  {
    id: 'nulls',
    title: trans.__('Missing'),
    numeric: true,
    cell: row => (row.statistics ? `${(row.statistics.null_rate * 100).toFixed(1)} %` : '–'),
    sort: row => row.statistics?.null_rate
  },
  { id: 'description', title: trans.__('Meaning'), cell: row => <span title={row.description}>{row.description}</span> }
];

/** The schema, how to get it into a notebook, and where it comes from. */
export function Use(props: { view: FeatureView; onInsert: (code: string) => void }): React.JSX.Element {
  const { view } = props;
  return (
    <Split
      main={
        <>
          {view.snippets.map(snippet => (
            <Card key={snippet.title} title={snippet.title}>
              <Code label={snippet.title} code={snippet.code}>
                <Button kind="primary" icon={addBelowIcon} label={trans.__('Insert code: %1', snippet.title)} onClick={() => props.onInsert(snippet.code)}>
                  {trans.__('Insert code')}
                </Button>
              </Code>
            </Card>
          ))}
          <Card title={trans.__('Schema')} count={view.features.length}>
            <Table label={trans.__('Schema')} rows={view.features} columns={columns()} rowKey={row => row.name} />
          </Card>
        </>
      }
      side={
        <Card title={trans.__('About')}>
          <Facts
            facts={[
              [trans.__('Owner'), view.owner],
              [trans.__('Join keys'), view.join_keys.join(', ') || '–'],
              [trans.__('Valid for'), view.ttl_seconds === null ? trans.__('ever') : duration(view.ttl_seconds)],
              [trans.__('Newest event'), <Time key="event" at={view.freshness.newest_event_at} />],
              [trans.__('Online until'), <Time key="online" at={view.freshness.materialized_until} none={trans.__('never materialised')} />],
              [trans.__('Source'), view.source.path],
              [trans.__('Rows'), view.source.rows === null ? '–' : view.source.rows.toLocaleString('en-US')],
              [trans.__('Event time'), view.source.event_column],
              [trans.__('Known from'), view.source.created_column ?? '–'],
              [trans.__('Services'), view.services.join(', ') || '–']
            ]}
          />
        </Card>
      }
    />
  );
}
