import * as React from 'react';

import type { RunDetail } from '../../api/experiments';
import { LineChart } from '../../ui/charts';
import { Digest } from '../../ui/Chip';
import { duration, metric } from '../../ui/format';
import { Card, Facts, Figures } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time, useNow } from '../../ui/Time';
import { trans } from '../../words';
import { runCost, runSeconds } from './runs';

type Pair = [string, string];

const parameterColumns = (): IColumn<Pair>[] => [
  { id: 'name', title: trans.__('Parameter'), cell: row => row[0], sort: row => row[0] },
  { id: 'value', title: trans.__('Value'), numeric: true, cell: row => <span title={row[1]}>{row[1]}</span>, sort: row => row[1] }
];

/** A run's metrics, each with its curve where it has one. */
export function Metrics(props: { detail: RunDetail }): React.JSX.Element {
  const curves = props.detail.metrics.filter(series => series.points.length > 1);
  const single = props.detail.metrics.filter(series => series.points.length <= 1);
  return (
    <>
      <Card title={trans.__('Metrics')} count={props.detail.metrics.length}>
        {props.detail.metrics.length === 0 ? (
          <p className="jp-octavo-Muted">{trans.__('The run has logged no metric yet.')}</p>
        ) : (
          <Figures figures={single.map(series => [series.name, metric(series.latest)] as const)} />
        )}
        <div className="jp-octavo-Grid">
          {curves.map(series => (
            <div key={series.name}>
              <p>
                {series.name} <b className="jp-octavo-Number">{metric(series.latest)}</b>
              </p>
              <LineChart
                label={trans.__('Curve of %1', series.name)}
                lines={[{ name: series.name, points: series.points.filter(point => point.value !== null).map(point => [point.step, point.value as number]) }]}
                xTick={step => trans.__('step %1', step)}
              />
            </div>
          ))}
        </div>
      </Card>
      <Card title={trans.__('Parameters')} count={Object.keys(props.detail.params).length}>
        <Table label={trans.__('Parameters')} rows={Object.entries(props.detail.params)} columns={parameterColumns()} rowKey={row => row[0]} />
      </Card>
    </>
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
