import * as React from 'react';

import type { LiveFigures, LivePoint, LiveVersion } from '../../api/serving';
import type { ILine } from '../../ui/charts';
import { LineChart } from '../../ui/charts';
import { clock, metric, ms, percent } from '../../ui/format';
import { Card } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { trans } from '../../words';

const STEP_S = 10;

/** One line a version of a figure of its ten-second steps; steps without one leave a gap in the points. */
export function linesOf(versions: readonly LiveVersion[], value: (point: LivePoint) => number | null): ILine[] {
  return versions.map(version => ({
    name: version.role === 'shadow' ? trans.__('v%1, copies', version.version) : `v${version.version}`,
    points: version.points.flatMap(point => {
      const y = value(point);
      return y === null ? [] : [[new Date(point.at).getTime(), y] as const];
    })
  }));
}

/** Write a rate with as many digits as it needs. */
export function rate(perSecond: number): string {
  return trans.__('%1/s', metric(Number(perSecond.toPrecision(perSecond < 10 ? 2 : 3))));
}

const columns = (shadowed: boolean, refused: boolean): IColumn<LiveVersion>[] => [
  {
    id: 'version',
    title: trans.__('Version'),
    cell: row => (
      <>
        <b>{trans.__('v%1', row.version)}</b> <span className="jp-octavo-Muted">{row.role}</span>
      </>
    )
  },
  { id: 'share', title: trans.__('Share'), numeric: true, cell: row => `${metric(row.percent)} %` },
  { id: 'rate', title: trans.__('Now'), numeric: true, cell: row => rate(row.requests_per_second) },
  { id: 'requests', title: trans.__('Requests'), numeric: true, cell: row => metric(row.requests) },
  { id: 'errors', title: trans.__('Errors'), numeric: true, cell: row => percent(row.error_rate, 2) },
  ...(refused ? [{ id: 'refused', title: trans.__('Refused'), numeric: true, cell: (row: LiveVersion) => metric(row.refused) }] : []),
  { id: 'p50', title: trans.__('p50'), numeric: true, cell: row => ms(row.latency_p50_ms) },
  { id: 'p95', title: trans.__('p95'), numeric: true, cell: row => ms(row.latency_p95_ms) },
  { id: 'p99', title: trans.__('p99'), numeric: true, cell: row => ms(row.latency_p99_ms) },
  ...(shadowed ? [{ id: 'difference', title: trans.__('Scores differ by'), numeric: true, cell: (row: LiveVersion) => metric(row.shadow_difference) }] : [])
];

/** The last hour: volume, latency and errors, each version for itself. */
export function Live(props: { figures: LiveFigures }): React.JSX.Element {
  const { figures } = props;
  const seen = figures.versions.filter(version => version.points.length > 0);
  const failed = seen.some(version => version.errors > 0);
  const chart = (title: string, value: (point: LivePoint) => number | null, yTick?: (y: number) => string): React.JSX.Element => (
    <div>
      <p>{title}</p>
      <LineChart label={title} zero lines={linesOf(seen, value)} xTick={x => clock(new Date(x))} {...(yTick ? { yTick } : {})} />
    </div>
  );
  return (
    <Card title={trans.__('The last %1 minutes', figures.window_minutes)}>
      <Table label={trans.__('Versions now')} rows={figures.versions} columns={columns(figures.versions.some(version => version.role === 'shadow'), figures.versions.some(version => version.refused > 0))} rowKey={row => `${row.version} ${row.role}`} />
      <div className="jp-octavo-Grid">
        {chart(trans.__('Requests a second'), point => point.requests / STEP_S)}
        {chart(trans.__('Latency, 99th percentile'), point => point.latency_p99_ms, ms)}
        {chart(trans.__('Latency, median'), point => point.latency_p50_ms, ms)}
        {failed && chart(trans.__('Errors, share of the requests'), point => (point.requests > 0 ? point.errors / point.requests : null), percent)}
      </div>
      {figures.dropped_log_rows > 0 && <p className="jp-octavo-Muted">{trans._n('One row could not be kept in the request log.', '%1 rows could not be kept in the request log.', figures.dropped_log_rows, figures.dropped_log_rows)}</p>}
    </Card>
  );
}
