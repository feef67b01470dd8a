import * as React from 'react';

import type { Consumer, ConsumerDetail, ConsumerLimits, ConsumerToken, QueryPattern } from '../../api/consumers';
import { Button } from '../../ui/Button';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { metric } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

const TOKEN_TONES: Record<ConsumerToken['state'], Tone> = { active: 'good', expired: 'idle', revoked: 'bad' };

/** Say how much a consumer may ask. */
export function limitWords(limits: ConsumerLimits): string {
  const rows = limits.rows_per_minute ?? null;
  const words = trans.__('%1 requests a second, %2 at once', metric(limits.requests_per_second), metric(limits.burst));
  return rows === null ? words : trans.__('%1, %2 rows a minute', words, metric(rows));
}

const columns = (chosen: string | null): IColumn<Consumer>[] => [
  {
    id: 'name',
    title: trans.__('Consumer'),
    cell: row => (
      <>
        <b>{row.name}</b> {row.state === 'revoked' && <Chip tone="bad">{trans.__('revoked')}</Chip>} {row.name === chosen && <span className="jp-octavo-hidden">{trans.__('shown below')}</span>}
      </>
    ),
    sort: row => row.name
  },
  { id: 'purpose', title: trans.__('For'), wraps: true, cell: row => row.purpose },
  { id: 'owner', title: trans.__('Owner'), cell: row => row.owner, sort: row => row.owner },
  { id: 'tokens', title: trans.__('Tokens'), numeric: true, cell: row => metric(row.active_tokens), sort: row => row.active_tokens },
  { id: 'limits', title: trans.__('May ask'), wraps: true, cell: row => limitWords(row.limits) },
  { id: 'used', title: trans.__('Last asked'), cell: row => <Time at={row.last_used_at} none={trans.__('never')} />, sort: row => row.last_used_at }
];

/** The consumers of a deployment; a row opens its tokens below. */
export function ConsumerTable(props: { consumers: readonly Consumer[]; chosen: string | null; onOpen: (consumer: Consumer) => void }): React.JSX.Element {
  return <Table label={trans.__('Consumers')} rows={props.consumers} columns={columns(props.chosen)} rowKey={row => row.name} onOpen={props.onOpen} low />;
}

/** Props of one consumer. */
export interface IConsumerCardProps {
  consumer: ConsumerDetail;
  /** Why who looks may not change it. */
  refused: string | undefined;
  onToken: () => void;
  onChange: () => void;
  onRevoke: () => void;
  onRevokeToken: (token: ConsumerToken) => void;
}

/** One consumer: what it may, its tokens, what it asked lately. */
export function ConsumerCard(props: IConsumerCardProps): React.JSX.Element {
  const { consumer } = props;
  const refused = props.refused ?? (consumer.state === 'revoked' ? trans.__('%1 is revoked.', consumer.name) : undefined);
  return (
    <Card title={consumer.name} aside={<Chip tone={consumer.state === 'active' ? 'good' : 'bad'}>{consumer.state}</Chip>}>
      <p>{consumer.purpose}</p>
      <Facts
        facts={[
          [trans.__('Owner'), consumer.owner],
          [trans.__('May ask'), limitWords(consumer.limits)],
          [trans.__('Opens'), consumer.deployments.join(', ')],
          [
            trans.__('Made'),
            <span key="made">
              {consumer.created_by} · <Time at={consumer.created_at} />
            </span>
          ]
        ]}
      />
      {consumer.tokens.length > 0 && <Table label={trans.__('Tokens of %1', consumer.name)} rows={consumer.tokens} columns={tokens(refused, props.onRevokeToken)} rowKey={row => row.id} low />}
      {consumer.use.length > 0 && <Table label={trans.__('What %1 asked', consumer.name)} rows={consumer.use} columns={use()} rowKey={row => row.deployment} />}
      <div className="jp-octavo-Form-end">
        <Button kind="danger" refused={refused} onClick={props.onRevoke}>
          {trans.__('Revoke consumer')}
        </Button>
        <Button refused={refused} onClick={props.onChange}>
          {trans.__('Change limits')}
        </Button>
        <Button kind="primary" refused={refused} onClick={props.onToken}>
          {trans.__('New token')}
        </Button>
      </div>
    </Card>
  );
}

const tokens = (refused: string | undefined, onRevoke: (token: ConsumerToken) => void): IColumn<ConsumerToken>[] => [
  { id: 'token', title: trans.__('Token'), cell: row => <code>{row.id}</code> },
  { id: 'note', title: trans.__('Used in'), wraps: true, cell: row => row.note || '–' },
  { id: 'state', title: '', cell: row => <Chip tone={TOKEN_TONES[row.state]}>{row.state}</Chip> },
  { id: 'used', title: trans.__('Last used'), cell: row => <Time at={row.last_used_at} none={trans.__('never')} /> },
  { id: 'ends', title: trans.__('Ends'), cell: row => <Time at={row.revoked_at ?? row.expires_at} /> },
  { id: 'revoke', title: '', cell: row => row.state === 'active' && <Button kind="quiet" refused={refused} label={trans.__('Revoke token %1', row.note || row.id)} onClick={() => onRevoke(row)}>{trans.__('Revoke')}</Button> }
];

const use = (): IColumn<ConsumerDetail['use'][number]>[] => [
  { id: 'deployment', title: trans.__('Deployment'), cell: row => row.deployment },
  { id: 'requests', title: trans.__('Requests'), numeric: true, cell: row => metric(row.requests) },
  { id: 'refused', title: trans.__('Over its limit'), numeric: true, cell: row => metric(row.refused) },
  { id: 'rows', title: trans.__('Rows'), numeric: true, cell: row => metric(row.rows) },
  { id: 'since', title: trans.__('Since'), cell: row => <Time at={row.since} /> }
];

/** What callers' rows look like; what looks like copying the model comes first. */
export function Patterns(props: { patterns: readonly QueryPattern[] }): React.JSX.Element | null {
  const { patterns } = props;
  if (patterns.length === 0) {
    return null;
  }
  const suspicious = patterns.filter(one => one.level === 'warning').length;
  return (
    <Card title={trans.__('What callers ask')} aside={suspicious > 0 ? <Chip tone="warn">{trans._n('one looks like copying the model', '%1 look like copying the model', suspicious, suspicious)}</Chip> : undefined}>
      <ul className="jp-octavo-Lights jp-octavo-Callers" aria-label={trans.__('Callers')}>
        {patterns.map(one => (
          <li key={one.caller}>
            <Chip tone={one.level === 'ok' ? 'good' : 'warn'}>{one.caller.replace(/^consumer:/, '')}</Chip>
            <span>
              {one.sentence} {one.level === 'warning' && <span className="jp-octavo-Muted">{trans.__('since')} <Time at={one.since} /></span>}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
