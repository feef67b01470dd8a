import * as React from 'react';

import type { FeatureView, FeatureViewSummary } from '../../api/features';
import { Chip } from '../../ui/Chip';
import type { Tone } from '../../ui/Chip';
import { day, duration, exact, money } from '../../ui/format';
import { Time, useNow } from '../../ui/Time';
import { trans } from '../../words';

type Freshness = FeatureViewSummary['freshness'];

const YEAR_MS = 365 * 86_400_000;
const TONES: Record<Freshness['state'], Tone> = { fresh: 'good', stale: 'warn', empty: 'bad', unknown: 'plain' };

/** How old a view's data is by its own events, held against what is expected. */
export function EventChip(props: { freshness: Freshness }): React.JSX.Element {
  const { freshness } = props;
  const by: Record<Freshness['expected_by'], string> = {
    tag: trans.__('its freshness tag'),
    ttl: trans.__('its TTL'),
    cadence: trans.__('how often rows came so far'),
    '': ''
  };
  const expected = freshness.expected_seconds === null ? trans.__('Nothing says how fresh it should be.') : trans.__('Expected at most %1 old, by %2.', duration(freshness.expected_seconds), by[freshness.expected_by]);
  const checked = trans.__('Checked %1', exact(new Date(freshness.checked_at)));
  return (
    <Chip tone={TONES[freshness.state]} title={[trans.__('Event time of the newest row in the source.'), expected, checked].join('\n')}>
      {freshness.state === 'empty' ? (
        trans.__('no events')
      ) : (
        <>
          {freshness.state === 'stale' ? trans.__('stale: newest event') : trans.__('newest event')} <Moment at={freshness.newest_event_at} />
          {freshness.state === 'stale' && freshness.expected_seconds !== null && trans.__(', expected within %1', duration(freshness.expected_seconds))}
        </>
      )}
    </Chip>
  );
}

/** A day where "years ago" would say too little, else how long ago. */
function Moment(props: { at: string | null }): React.JSX.Element {
  const now = useNow();
  const at = props.at ? new Date(props.at) : null;
  return at && now.getTime() - at.getTime() > YEAR_MS ? (
    <time dateTime={at.toISOString()} title={exact(at)}>
      {day(at)}
    </time>
  ) : (
    <Time at={props.at} />
  );
}

/** Until when a view's values are online. */
export function OnlineChip(props: { freshness: Freshness }): React.JSX.Element {
  return (
    <Chip tone={props.freshness.materialized_until ? 'plain' : 'idle'} title={trans.__('End of the last materialisation: what was known later is not online yet.')}>
      {props.freshness.materialized_until ? (
        <>
          {trans.__('online until')} <Moment at={props.freshness.materialized_until} />
        </>
      ) : (
        trans.__('never materialised')
      )}
    </Chip>
  );
}

/** Everything about a view that fits into a line. */
export function ViewChips(props: { view: FeatureView; children?: React.ReactNode }): React.JSX.Element {
  const { view } = props;
  return (
    <>
      <EventChip freshness={view.freshness} />
      <OnlineChip freshness={view.freshness} />
      <Chip title={trans.__('Who answers for it')}>{trans.__('owner %1', view.owner || trans.__('nobody'))}</Chip>
      <Chip title={trans.__('A value older than this is not joined.')}>{view.ttl_seconds === null ? trans.__('never expires') : trans.__('TTL %1', duration(view.ttl_seconds))}</Chip>
      {view.unused && (
        <Chip tone="warn" title={trans.__('Nobody read it and nothing was made from it for 90 days.')}>
          {trans.__('unused')}
        </Chip>
      )}
      <Chip title={trans.__('%1 people read it in the last 30 days.', view.people)}>
        {view.last_used_at ? (
          <>
            {trans.__('last used')} <Time at={view.last_used_at} />
          </>
        ) : (
          trans.__('no use recorded')
        )}
      </Chip>
      <Chip title={trans.__('%1 materialisations took %2 in the last 30 days.', view.cost.materializations, duration(view.cost.seconds))}>{trans.__('%1 in 30 days', money(view.cost.cost_eur))}</Chip>
      {props.children}
    </>
  );
}
