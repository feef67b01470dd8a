import * as React from 'react';

import type { Light, MonitorSummary, SeriesPoint } from '../../api/monitoring';
import type { ILine } from '../../ui/charts';
import { Histogram, LineChart } from '../../ui/charts';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { metric, ms, percent } from '../../ui/format';
import { Card } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { trans } from '../../words';

type Version = MonitorSummary['versions'][number];

const TONES: Record<Light['level'], Tone> = { ok: 'good', warning: 'warn', critical: 'bad', unknown: 'idle' };

/** The state in sentences, the worst first. */
export function Lights(props: { lights: readonly Light[] }): React.JSX.Element {
  return (
    <ul className="jp-octavo-Lights" aria-label={trans.__('State')}>
      {props.lights.map(light => (
        <li key={`${light.topic} ${light.sentence}`} title={light.baseline}>
          <Chip tone={TONES[light.level]}>{light.topic}</Chip>
          <span>{light.sentence}</span>
        </li>
      ))}
    </ul>
  );
}

/** One line a version of any figure of the series. */
export function linesOf(series: readonly SeriesPoint[], value: (point: SeriesPoint) => number | null): ILine[] {
  const versions = [...new Set(series.map(point => point.version))].sort((a, b) => a - b);
  return versions.map(version => ({
    name: `v${version}`,
    points: series.flatMap(point => {
      const y = point.version === version ? value(point) : null;
      return y === null ? [] : [[new Date(point.at).getTime(), y] as const];
    })
  }));
}

const clock = (at: number): string => new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

const columns = (): IColumn<Version>[] => [
  { id: 'version', title: trans.__('Version'), cell: row => <b>{trans.__('v%1', row.version)}</b> },
  { id: 'requests', title: trans.__('Requests'), numeric: true, cell: row => metric(row.requests) },
  { id: 'errors', title: trans.__('Errors'), numeric: true, cell: row => percent(row.error_rate, 2) },
  { id: 'p50', title: trans.__('p50'), numeric: true, cell: row => ms(row.latency_p50_ms) },
  { id: 'p95', title: trans.__('p95'), numeric: true, cell: row => ms(row.latency_p95_ms) },
  { id: 'p99', title: trans.__('p99'), numeric: true, cell: row => ms(row.latency_p99_ms) },
  { id: 'score', title: trans.__('Mean score'), numeric: true, cell: row => metric(row.mean_score) }
];

/** The last hour: volume, latency and scores, each version for itself. */
export function Pulse(props: { summary: MonitorSummary }): React.JSX.Element {
  const { summary } = props;
  return (
    <Card title={trans.__('The last hour')} aside={<span className="jp-octavo-Muted">{summary.baseline}</span>}>
      <Lights lights={summary.lights} />
      {summary.versions.length > 0 && <Table label={trans.__('Versions in the last hour')} rows={summary.versions} columns={columns()} rowKey={row => String(row.version)} />}
      <div className="jp-octavo-Grid">
        <div>
          <p>{trans.__('Requests')}</p>
          <LineChart label={trans.__('Requests')} zero lines={linesOf(summary.series, point => point.requests)} xTick={clock} />
        </div>
        <div>
          <p>{trans.__('Latency, 95th percentile')}</p>
          <LineChart label={trans.__('Latency, 95th percentile')} zero lines={linesOf(summary.series, point => point.latency_p95_ms)} xTick={clock} yTick={ms} />
        </div>
        {summary.scores && (
          <div>
            <p>
              {trans.__('Scores, training outlined')} <span className="jp-octavo-Muted">{summary.scores.psi === null ? '' : trans.__('PSI %1', metric(summary.scores.psi))}</span>
            </p>
            <Histogram label={trans.__('Scores against training')} edges={summary.scores.edges} counts={summary.scores.live} baseline={summary.scores.training} />
          </div>
        )}
      </div>
    </Card>
  );
}
