import * as React from 'react';

import type { Deployment } from '../../api/deployments';
import { Button } from '../../ui/Button';
import { ShareBar } from '../../ui/bars';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Page';
import { trans } from '../../words';

/** Props of the traffic card. */
export interface ITrafficProps {
  deployment: Deployment;
  /** Whether it is being rolled back right now. */
  busy: boolean;
  onPromote: () => void;
  onRollBack: () => void;
}

/** Who gets the requests; a canary is promoted or rolled back right here. */
export function Traffic(props: ITrafficProps): React.JSX.Element {
  const { deployment } = props;
  const back = deployment.rolls_back_to;
  return (
    <Card title={trans.__('Traffic')}>
      <ShareBar label={trans.__('Traffic')} shares={deployment.traffic.map(share => ({ name: `v${share.version}`, percent: share.percent, role: share.role }))} />
      <ul className="jp-octavo-Sentences" aria-label={trans.__('Versions in traffic')}>
        {deployment.traffic.map(share => (
          <li key={share.version}>
            <b>{trans.__('v%1', share.version)}</b> {share.role}{' '}
            <Chip tone={share.scorer === 'ready' ? 'good' : share.scorer === 'stopped' ? 'idle' : 'warn'} title={share.message}>
              {share.scorer.replace('_', ' ')}
            </Chip>{' '}
            {share.restarts > 0 && <span className="jp-octavo-Muted">{trans._n('restarted once', 'restarted %1 times', share.restarts, share.restarts)}</span>}
          </li>
        ))}
      </ul>
      {(deployment.can_promote || deployment.can_roll_back) && (
        <div className="jp-octavo-Form-end">
          {deployment.can_roll_back && (
            <Button kind="danger" busy={props.busy} onClick={props.onRollBack}>
              {back === null ? trans.__('Roll back') : trans.__('Roll back to v%1', back)}
            </Button>
          )}
          {deployment.can_promote && (
            <Button kind="primary" onClick={props.onPromote}>
              {trans.__('Promote')}
            </Button>
          )}
        </div>
      )}
    </Card>
  );
}
