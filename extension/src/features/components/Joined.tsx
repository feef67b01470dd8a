import * as React from 'react';

import type { PreviewAnswer, PreviewCell, PreviewFeature } from '../../api/features';
import { Chip } from '../../ui/Chip';
import { exact, metric, percent } from '../../ui/format';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { trans } from '../../words';
import type { ISeenRows } from '../frames';

/** What came back: how much is missing and why, leaks, and the rows themselves. */
export function Joined(props: { answer: PreviewAnswer; rows: ISeenRows; children: React.ReactNode }): React.JSX.Element {
  const { answer, rows } = props;
  return (
    <div className="jp-octavo-Preview-answer">
      <p role="status">
        {trans.__('%1 of %2 rows of the frame %3 joined as of each row’s own time', answer.rows.length.toLocaleString('en-US'), rows.rows.toLocaleString('en-US'), rows.frame)}
        {rows.time.naive && ` · ${trans.__('%1 names no zone and was taken as UTC', rows.time.column)}`}
      </p>
      <ul className="jp-octavo-Preview-features" aria-label={trans.__('Missing values')}>
        {alike(answer.features).map(features => (
          <FeatureLine key={features[0].feature} features={features} />
        ))}
      </ul>
      <Leaks answer={answer} />
      <Table label={trans.__('Joined rows')} rows={answer.rows.map((row, place) => ({ row, place }))} columns={columns(answer, rows)} rowKey={row => String(row.place)} />
      <div>{props.children}</div>
    </div>
  );
}

type Alike = [PreviewFeature, ...PreviewFeature[]];

/** Put features together that are missing equally often for the same reasons. */
function alike(features: readonly PreviewFeature[]): Alike[] {
  const groups = new Map<string, Alike>();
  for (const feature of features) {
    const key = JSON.stringify([feature.view, feature.nulls, feature.reasons]);
    const group = groups.get(key);
    if (group) {
      group.push(feature);
    } else {
      groups.set(key, [feature]);
    }
  }
  return [...groups.values()];
}

function FeatureLine(props: { features: Alike }): React.JSX.Element {
  const { features } = props;
  const [feature] = features;
  const more = features.length - 1;
  const why = feature.reasons.map(one => trans._n('%1 row: %2', '%1 rows: %2', one.rows, one.words)).join(', ');
  return (
    <li>
      <bdi className="jp-octavo-Preview-name" title={features.map(one => one.feature).join('\n')}>
        {more > 0 ? trans._n('%2 and %1 more', '%2 and %1 more', more, feature.column) : feature.column}
      </bdi>
      <span className="jp-octavo-Number">{trans.__('null %1', percent(feature.null_rate, 0))}</span>
      <span className="jp-octavo-Muted">{why}</span>
    </li>
  );
}

function Leaks(props: { answer: PreviewAnswer }): React.JSX.Element {
  const { leaks, views } = props.answer;
  const once = views.filter(view => !view.readable_checked && view.proofs.length === 0).map(view => view.view);
  const offline = views.filter(view => view.keys_online < view.keys_known);
  return (
    <div className="jp-octavo-Preview-checks">
      {leaks.length === 0 ? (
        <Chip tone="good" title={trans.__('By event time, by when each value could first be read, and by the view’s proof columns.')}>
          {trans.__('0 leaks: no value is newer than its row')}
        </Chip>
      ) : (
        leaks.map(leak => (
          <p key={leak.feature} role="alert" className="jp-octavo-Preview-leak">
            <b>{trans._n('Leak: %1 row of %2', 'Leak: %1 rows of %2', leak.rows, leak.feature)}</b> {leak.detail}
          </p>
        ))
      )}
      {once.length > 0 && (
        <Chip tone="warn" title={trans.__('Its source does not say when a row could first be read: late data would go unseen.')}>
          {trans.__('%1: event time alone was checked', once.join(', '))}
        </Chip>
      )}
      {offline.map(view => (
        <Chip key={view.view} tone="warn" title={trans.__('The online store does not know these keys: a model in production would get nothing for them.')}>
          {trans.__('online: %1 of %2 known keys, the rest is not materialised', view.keys_online, view.keys_known)}
        </Chip>
      ))}
    </div>
  );
}

interface IJoinedRow {
  row: PreviewAnswer['rows'][number];
  place: number;
}

function columns(answer: PreviewAnswer, rows: ISeenRows): IColumn<IJoinedRow>[] {
  const keys = rows.keys.map((key, n) => ({ id: `key ${n}`, title: key.column, cell: (one: IJoinedRow) => <bdi>{key.values[one.place] ?? '–'}</bdi>, sort: (one: IJoinedRow) => key.values[one.place] }));
  const time = { id: 'time', title: rows.time.column, cell: (one: IJoinedRow) => (one.row.at ? when(one.row.at) : '–'), sort: (one: IJoinedRow) => one.row.at };
  const values = answer.features.map((feature, n) => ({
    id: `value ${n}`,
    title: feature.column,
    numeric: numeric(feature.dtype),
    cell: (one: IJoinedRow) => <Value cell={one.row.cells[n]} />,
    sort: (one: IJoinedRow) => sortable(one.row.cells[n]?.value)
  }));
  return [...keys, time, ...values];
}

function numeric(dtype: string): boolean {
  return /^(Int|Float)/.test(dtype);
}

function sortable(value: PreviewCell['value'] | undefined): number | string | null {
  return typeof value === 'boolean' ? Number(value) : (value ?? null);
}

function when(at: string): React.JSX.Element {
  const moment = new Date(at);
  return (
    <time dateTime={at} title={exact(moment)}>
      {moment.toISOString().slice(0, 16).replace('T', ' ')}
    </time>
  );
}

const SHORT: Record<NonNullable<PreviewCell['reason']>, () => string> = {
  no_key: () => trans.__('no key'),
  no_time: () => trans.__('no time'),
  no_such_key: () => trans.__('no such key'),
  before_first_event: () => trans.__('before first event'),
  not_materialised: () => trans.__('not materialised'),
  outside_ttl: () => trans.__('outside TTL'),
  null_in_source: () => trans.__('empty in source'),
  not_a_number: () => trans.__('not a number')
};

function Value(props: { cell: PreviewCell | undefined }): React.JSX.Element {
  const { cell } = props;
  if (!cell || cell.reason) {
    return (
      <span className="jp-octavo-Preview-null" title={cell?.detail}>
        {cell?.reason ? SHORT[cell.reason]() : '–'}
      </span>
    );
  }
  const known = cell.readable_from ? trans.__('readable from %1', exact(new Date(cell.readable_from))) : '';
  const title = [cell.event_at ? trans.__('event of %1', exact(new Date(cell.event_at))) : '', known].filter(Boolean).join('\n');
  return <span title={title}>{typeof cell.value === 'number' ? metric(cell.value) : <bdi>{String(cell.value)}</bdi>}</span>;
}
