import * as React from 'react';

import type { ViewMaterialization } from '../../../api/materialization';
import type { Alert } from '../../../api/monitoring';
import { isOpen } from '../../../monitoring/components/AlertList';
import { useAction } from '../../../ui/action';
import { Button } from '../../../ui/Button';
import { Chip } from '../../../ui/Chip';
import { duration } from '../../../ui/format';
import { Locked } from '../../../ui/Locked';
import { Card } from '../../../ui/Page';
import { Failure } from '../../../ui/states';
import { Time, useNow } from '../../../ui/Time';
import { trans } from '../../../words';

/** Props of the card of both freshness figures. */
export interface IFreshnessProps {
  view: ViewMaterialization;
  /** Why what is expected can't be changed by who looks. */
  refused?: string | undefined;
  onExpect: () => void;
  onExpectNothing: () => Promise<void>;
  onTake: (alert: Alert) => void;
}

/** Both freshness figures against what is expected, and the open alerts. */
export function Freshness(props: IFreshnessProps): React.JSX.Element {
  const { view } = props;
  const expected = view.expectation;
  const remove = useAction(props.onExpectNothing);
  return (
    <Card title={trans.__('Freshness')}>
      <div className="jp-octavo-Freshness">
        <Clock title={trans.__('Newest event')} help={trans.__('Event time of the newest row in the source')} at={view.newest_event_at} limit={expected?.newest_event_within_s ?? null} none={trans.__('no event')} />
        <Clock title={trans.__('Materialised until')} help={trans.__('End of the last window that is in the online store')} at={view.materialized_until} limit={expected?.materialized_within_s ?? null} none={trans.__('never')} />
      </div>
      {view.alerts.map(alert => (
        <p key={alert.id} className="jp-octavo-Freshness-alert" role="alert">
          <Chip tone={alert.level === 'critical' ? 'bad' : 'warn'}>{alert.level}</Chip> <span>{alert.message}</span>
          {isOpen(alert) ? (
            <Button label={trans.__('Take alert: %1', alert.message)} onClick={() => props.onTake(alert)}>
              {trans.__('Take it')}
            </Button>
          ) : (
            <span className="jp-octavo-Muted">{trans.__('%1 took it: %2', alert.acknowledged_by ?? '', alert.acknowledgement ?? '')}</span>
          )}
        </p>
      ))}
      {view.push_source && (
        <p className="jp-octavo-Muted">
          {trans.__('Rows can be pushed to %1.', view.push_source)}
          {view.waiting_rows > 0 && ` ${trans._n('%1 pushed row is on its way to the lake.', '%1 pushed rows are on their way to the lake.', view.waiting_rows, view.waiting_rows)}`}
        </p>
      )}
      {remove.error && <Failure error={remove.error} />}
      <Locked reasons={[props.refused]} />
      <div className="jp-octavo-Card-actions">
        <Button refused={props.refused} onClick={props.onExpect}>{expected ? trans.__('Change what is expected') : trans.__('Set what is expected')}</Button>
        {expected && (
          <Button kind="quiet" busy={remove.busy} refused={props.refused} onClick={() => remove.run()}>
            {trans.__('Expect nothing')}
          </Button>
        )}
        {expected && (
          <span className="jp-octavo-Muted">
            {trans.__('set by %1', expected.set_by)} <Time at={expected.set_at} />
          </span>
        )}
      </div>
    </Card>
  );
}

function Clock(props: { title: string; help: string; at: string | null; limit: number | null; none: string }): React.JSX.Element {
  const now = useNow();
  const age = props.at ? (now.getTime() - new Date(props.at).getTime()) / 1000 : Number.POSITIVE_INFINITY;
  const late = props.limit !== null && age > props.limit;
  return (
    <div className="jp-octavo-Freshness-clock" title={props.help}>
      <span className="jp-octavo-Muted">{props.title}</span>
      <strong>
        <Time at={props.at} none={props.none} />
      </strong>
      {props.limit === null ? (
        <span className="jp-octavo-Muted">{trans.__('no limit set')}</span>
      ) : (
        <Chip tone={late ? 'bad' : 'good'}>{late ? trans.__('late: expected within %1', duration(props.limit)) : trans.__('within %1', duration(props.limit))}</Chip>
      )}
    </div>
  );
}
