import * as React from 'react';

import type { Alert } from '../../api/monitoring';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Timeline } from '../../ui/lists';
import { Empty } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

/** Whether an alert is still true and nobody has taken it. */
export function isOpen(alert: Alert): boolean {
  return alert.resolved_at === null && alert.acknowledged_at === null;
}

/** Alerts, the newest first; open ones can be taken. */
export function AlertList(props: { alerts: readonly Alert[]; onTake: (alert: Alert) => void }): React.JSX.Element {
  if (props.alerts.length === 0) {
    return <Empty title={trans.__('No alerts')}>{trans.__('Drift, errors or slow answers beyond what a deployment promises appear here.')}</Empty>;
  }
  return (
    <Timeline
      label={trans.__('Alerts')}
      moments={props.alerts.map(alert => ({
        key: alert.id,
        at: alert.opened_at,
        title: (
          <>
            <Chip tone={alert.level === 'critical' ? 'bad' : 'warn'}>{alert.level}</Chip> {alert.message}
          </>
        ),
        detail: <Standing alert={alert} />,
        actions: isOpen(alert) && (
          <Button label={trans.__('Take alert: %1', alert.message)} onClick={() => props.onTake(alert)}>
            {trans.__('Take it')}
          </Button>
        )
      }))}
    />
  );
}

function Standing(props: { alert: Alert }): React.JSX.Element {
  const { alert } = props;
  return (
    <>
      {trans.__('%1 · %2 of %3', alert.rule, alert.subject, alert.deployment)}
      {alert.acknowledged_by && ` · ${trans.__('%1 took it: %2', alert.acknowledged_by, alert.acknowledgement ?? '')}`}
      {alert.resolved_at && (
        <>
          {` · ${trans.__('over')} `}
          <Time at={alert.resolved_at} />
        </>
      )}
    </>
  );
}
