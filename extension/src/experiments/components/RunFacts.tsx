import * as React from 'react';

import type { LatestMetric, RunDetail } from '../../api/experiments';
import { Digest } from '../../ui/Chip';
import { TextField } from '../../ui/Fields';
import { duration, metric } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time, useNow } from '../../ui/Time';
import { trans } from '../../words';
import { runCost, runSeconds } from './runs';

/** Rest between two letters after which metrics are looked for. */
const FIND_AFTER_MS = 200;

type Pair = [string, string];

const parameterColumns = (): IColumn<Pair>[] => [
  { id: 'name', title: trans.__('Parameter'), cell: row => row[0], sort: row => row[0] },
  { id: 'value', title: trans.__('Value'), numeric: true, cell: row => <span title={row[1]}>{row[1]}</span>, sort: row => row[1] }
];

function metricColumns(): IColumn<LatestMetric>[] {
  const told = (row: LatestMetric): string => row.odd ?? metric(row.value);
  return [
    { id: 'name', title: trans.__('Metric'), cell: row => row.name, sort: row => row.name },
    { id: 'value', title: trans.__('Value'), numeric: true, cell: row => <span title={String(row.value ?? told(row))}>{told(row)}</span>, sort: row => row.value },
    { id: 'step', title: trans.__('Step'), numeric: true, cell: row => metric(row.step), sort: row => row.step },
    { id: 'at', title: trans.__('Logged'), cell: row => <Time at={row.at} />, sort: row => row.at }
  ];
}

/** What is shown of more metrics than fit, and how to come to the others. */
function FindMetrics(props: { detail: RunDetail; search: string; onSearch: (text: string) => void }): React.JSX.Element {
  const { metrics, metrics_found: all } = props.detail;
  return (
    <>
      <TextField label={trans.__('Find among all metrics')} type="search" value={props.search} placeholder={trans.__('part of a name')} maxLength={200} onChange={props.onSearch} />
      {all > metrics.length && (
        <p className="jp-octavo-Muted" role="status">
          {trans.__('%1 of %2 metrics; type to find others.', metric(metrics.length), metric(all))}
        </p>
      )}
    </>
  );
}

/** The newest value of each of a run's metrics; `onFind` looks for those that are left out. */
export function Metrics(props: { detail: RunDetail; onFind: (text: string) => void }): React.JSX.Element {
  const { detail, onFind } = props;
  const { metrics, metrics_found: all } = detail;
  const [search, setSearch] = React.useState('');
  const columns = React.useMemo(metricColumns, []);
  React.useEffect(() => {
    const timer = window.setTimeout(() => onFind(search), FIND_AFTER_MS);
    return () => window.clearTimeout(timer);
  }, [search, onFind]);
  return (
    <Card title={trans.__('Metrics')} count={all}>
      {(all > metrics.length || search !== '') && <FindMetrics detail={detail} search={search} onSearch={setSearch} />}
      {metrics.length === 0 ? (
        <p className="jp-octavo-Muted">{search ? trans.__('No metric matches') : trans.__('The run has logged no metric yet.')}</p>
      ) : (
        <Table label={trans.__('Metrics')} rows={metrics} columns={columns} rowKey={row => row.name} />
      )}
    </Card>
  );
}

/** A run's parameters. */
export function Parameters(props: { detail: RunDetail }): React.JSX.Element {
  const parameters = Object.entries(props.detail.params);
  return (
    <Card title={trans.__('Parameters')} count={parameters.length}>
      <Table label={trans.__('Parameters')} rows={parameters} columns={parameterColumns()} rowKey={row => row[0]} />
    </Card>
  );
}

/** Where a run came from, how long it took and what that cost. */
export function RunFacts(props: { detail: RunDetail }): React.JSX.Element {
  const { run } = props.detail;
  const now = useNow();
  return (
    <Card title={trans.__('Where it came from')}>
      <Facts
        facts={[
          [trans.__('Experiment'), run.experiment],
          [trans.__('By'), run.owner],
          [trans.__('Started'), <Time key="started" at={run.started_at} />],
          [trans.__('Took'), duration(runSeconds(run, now))],
          [trans.__('Cost'), run.cost_eur === null ? trans.__('no price is known') : runCost(run.cost_eur)],
          [trans.__('Profile'), run.profile ?? '–'],
          [trans.__('Registered as'), run.registered.join(', ') || '–']
        ]}
      />
    </Card>
  );
}

/** The data sets that a run says it read. */
export function Inputs(props: { detail: RunDetail }): React.JSX.Element {
  const { inputs } = props.detail;
  return (
    <Card title={trans.__('Data it read')} count={inputs.length}>
      {inputs.length === 0 ? (
        <p className="jp-octavo-Muted">{trans.__('The run named no data set. Log one with mlflow.log_input to see it here.')}</p>
      ) : (
        <Facts
          facts={inputs.map(input => [
            input.context ?? trans.__('data'),
            <span key={input.digest}>
              {input.name} <Digest value={input.digest} what={trans.__('Data set')} />
            </span>
          ])}
        />
      )}
    </Card>
  );
}

/** The tags that people wrote; Octavo's own are shown as what they mean elsewhere on the page. */
export function Tags(props: { detail: RunDetail }): React.JSX.Element | null {
  const tags = Object.entries(props.detail.tags).filter(([name]) => !name.startsWith('octavo.'));
  return tags.length === 0 ? null : (
    <Card title={trans.__('Tags')} count={tags.length}>
      <Facts
        facts={tags.map(([name, value]) => [
          name,
          <span key={name} title={value}>
            {value}
          </span>
        ])}
      />
    </Card>
  );
}
