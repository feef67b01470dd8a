import * as React from 'react';

import type { Evidence, Replay, SegmentDifference } from '../../api/deployments';
import { Button } from '../../ui/Button';
import type { Tone } from '../../ui/Chip';
import { Chip, Digest } from '../../ui/Chip';
import { duration, metric, ms, signed } from '../../ui/format';
import { Sentences } from '../../ui/lists';
import { Card } from '../../ui/Page';
import { Progress } from '../../ui/bars';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

type Freshness = Evidence['freshness'][number];

const LEVELS: Record<Freshness['level'], Tone> = { ok: 'good', warning: 'warn', critical: 'bad', unknown: 'idle' };
const MICRO = 1_000_000;

/** Props of what a reviewer rests on. */
export interface IGroundsProps {
  evidence: Evidence;
  /** Why it can't be gathered again by who looks, or now. */
  refused?: string | undefined;
  busy: boolean;
  onGather: () => void;
}

/** What a reviewer rests on: a replay, who asks, how fresh its features are, what alerts. */
export function Grounds(props: IGroundsProps): React.JSX.Element {
  const { evidence } = props;
  const again = (
    <Button busy={props.busy || evidence.state === 'gathering'} refused={props.refused} onClick={props.onGather}>
      {trans.__('Gather again')}
    </Button>
  );
  return (
    <>
      <Card title={trans.__('Evidence')} aside={evidence.digest ? <Digest value={evidence.digest} what={trans.__('The evidence')} /> : undefined}>
        <p>
          <State evidence={evidence} /> {evidence.message}{' '}
          {evidence.gathered_at && (
            <span className="jp-octavo-Muted">
              {trans.__('gathered')} <Time at={evidence.gathered_at} />, {trans.__('may be rested on until')} <Time at={evidence.fresh_until} />
            </span>
          )}
        </p>
        {evidence.state === 'gathering' && <Progress label={trans.__('Gathering evidence')} done={0} all={0} />}
        {evidence.stale_because.length > 0 && (
          <div className="jp-octavo-Callout" role="status">
            {trans.__('It has to be gathered again:')}
            <Sentences label={trans.__('What changed since')} sentences={evidence.stale_because} />
          </div>
        )}
        <div className="jp-octavo-Form-end">{again}</div>
      </Card>
      {evidence.state === 'complete' && <Found evidence={evidence} />}
    </>
  );
}

function State(props: { evidence: Evidence }): React.JSX.Element {
  const { state, stale_because: stale } = props.evidence;
  if (state === 'complete' && stale.length > 0) {
    return <Chip tone="warn">{trans.__('out of date')}</Chip>;
  }
  const tones: Record<Evidence['state'], Tone> = { gathering: 'live', complete: 'good', failed: 'bad' };
  return <Chip tone={tones[state]}>{state}</Chip>;
}

function Found(props: { evidence: Evidence }): React.JSX.Element {
  const { evidence } = props;
  return (
    <>
      {evidence.replay ? (
        <Replayed replay={evidence.replay} />
      ) : (
        <Card title={trans.__('Replay')}>
          <p className="jp-octavo-Muted">{trans.__('No requests were logged yet, so there is nothing to replay.')}</p>
        </Card>
      )}
      <Card title={trans.__('Who asks')} count={evidence.consumers.length}>
        {evidence.consumers.length > 0 ? (
          <Table label={trans.__('Who asks')} rows={evidence.consumers} columns={asking()} rowKey={row => row.name} low />
        ) : (
          <p className="jp-octavo-Muted">{trans.__('Nobody asked in the last 7 days.')}</p>
        )}
      </Card>
      <Card title={trans.__('Features and alerts')}>
        <ul className="jp-octavo-Lights" aria-label={trans.__('Freshness of its features')}>
          {evidence.freshness.map(one => (
            <li key={one.view}>
              <Chip tone={LEVELS[one.level]}>{one.view}</Chip>
              <span>
                {one.sentence} {one.newest_event_at && <Time at={one.newest_event_at} />}
              </span>
            </li>
          ))}
          {evidence.alerts.map(alert => (
            <li key={alert.id}>
              <Chip tone={LEVELS[alert.level]}>{alert.rule.replace('_', ' ')}</Chip>
              <span>
                {alert.message} <Time at={alert.opened_at} />
              </span>
            </li>
          ))}
        </ul>
        {evidence.freshness.length + evidence.alerts.length === 0 && <p className="jp-octavo-Muted">{trans.__('It reads no feature views, and no alert is open.')}</p>}
      </Card>
    </>
  );
}

const asking = (): IColumn<Evidence['consumers'][number]>[] => [
  { id: 'name', title: trans.__('Caller'), cell: row => row.name, sort: row => row.name },
  { id: 'requests', title: trans.__('Requests in 7 days'), numeric: true, cell: row => metric(row.requests), sort: row => row.requests },
  { id: 'last', title: trans.__('Newest'), cell: row => <Time at={row.last_at} none={trans.__('not yet')} /> }
];

interface ISide {
  name: string;
  candidate: string;
  champion: string;
}

/** The candidate and the live version side by side, figure by figure. */
export function sides(replay: Replay): ISide[] {
  const { candidate, champion } = replay;
  const row = (name: string, of: (version: Replay['candidate']) => string): ISide => ({ name, candidate: of(candidate), champion: champion ? of(champion) : '–' });
  return [
    row(trans.__('Rows scored'), one => metric(one.rows)),
    row(trans.__('Rows it could not score'), one => metric(one.failures)),
    row(trans.__('Mean score'), one => metric(one.mean_score)),
    row(trans.__('One row, median'), one => ms(one.latency_p50_ms)),
    row(trans.__('One row, 99 %'), one => ms(one.latency_p99_ms)),
    row(trans.__('Time to load'), one => duration(one.load_s)),
    row(trans.__('Cost of 1,000 calls'), one => euro(one.cost_micro_eur_per_1000))
  ];
}

/** Write millionths of a euro with as many digits as they need. */
export function euro(micro: number | null): string {
  return micro === null ? '–' : `${(micro / MICRO).toFixed(micro < 10_000 ? 6 : micro < MICRO ? 4 : 2)} €`;
}

const segments = (): IColumn<SegmentDifference>[] => [
  { id: 'segment', title: trans.__('Segment'), cell: row => (row.column ? `${row.column} = ${row.value}` : trans.__('all rows')) },
  { id: 'rows', title: trans.__('Rows'), numeric: true, cell: row => metric(row.rows), sort: row => row.rows },
  { id: 'champion', title: trans.__('Live'), numeric: true, cell: row => metric(row.champion) },
  { id: 'candidate', title: trans.__('Asked for'), numeric: true, cell: row => metric(row.candidate) },
  { id: 'difference', title: trans.__('Difference'), numeric: true, cell: row => signed(row.mean_difference), sort: row => Math.abs(row.mean_difference) },
  { id: 'absolute', title: trans.__('Absolute, mean'), numeric: true, cell: row => metric(row.mean_absolute), sort: row => row.mean_absolute },
  { id: 'largest', title: trans.__('Largest'), numeric: true, cell: row => metric(row.largest), sort: row => row.largest }
];

function Replayed(props: { replay: Replay }): React.JSX.Element {
  const { replay } = props;
  const failure = replay.candidate.failure;
  const compared = [...(replay.overall ? [replay.overall] : []), ...replay.segments];
  const columns: IColumn<ISide>[] = [
    { id: 'name', title: '', cell: row => row.name },
    { id: 'candidate', title: trans.__('v%1, asked for', replay.candidate.version), numeric: true, cell: row => row.candidate },
    { id: 'champion', title: replay.champion ? trans.__('v%1, live', replay.champion.version) : trans.__('live'), numeric: true, cell: row => row.champion }
  ];
  return (
    <Card title={trans.__('Replay')} aside={replay.psi === null ? undefined : <Chip>{trans.__('PSI of scores %1', metric(replay.psi))}</Chip>}>
      <p>
        {trans._n('The last logged request, scored by both in the sandbox.', 'The last %1 logged requests, scored by both in the sandbox.', replay.requests, replay.requests)}{' '}
        {replay.since && (
          <span className="jp-octavo-Muted">
            <Time at={replay.since} /> – <Time at={replay.until} />
          </span>
        )}
      </p>
      {failure && (
        <p className="jp-octavo-Callout jp-mod-bad" role="alert">
          {failure}
        </p>
      )}
      <Table label={trans.__('Both versions on the same requests')} rows={sides(replay)} columns={columns} rowKey={row => row.name} />
      {compared.length > 0 && <Table label={trans.__('How scores differ, by segment')} rows={compared} columns={segments()} rowKey={row => `${row.column}=${row.value}`} low />}
    </Card>
  );
}
