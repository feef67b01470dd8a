import * as React from 'react';

import type { Deployment, TrafficShare } from '../../api/deployments';
import type { HeldBack, ShadowState } from '../../api/serving';
import { Button } from '../../ui/Button';
import { ShareBar } from '../../ui/bars';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { metric } from '../../ui/format';
import { Card } from '../../ui/Page';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { backWords } from '../words';
import { Stage } from './Stage';

const SCORER_TONES: Record<TrafficShare['scorer'], Tone> = { ready: 'good', starting: 'live', backing_off: 'warn', stopped: 'idle' };

/** Props of the traffic card. */
export interface ITrafficProps {
  deployment: Deployment;
  /** The canary whose share goes to the live version, and why. */
  heldBack?: HeldBack | null;
  shadow?: ShadowState | null;
  /** Whether it is being rolled back right now. */
  busy: boolean;
  /** Why who looks may not do these. */
  refusals?: { promote?: string | undefined; rollBack?: string | undefined; pause?: string | undefined };
  onPromote: () => void;
  onRollBack: () => void;
  onPause: () => void;
  onResume: () => void;
}

/** Who gets the requests; a rollout is promoted, held or rolled back right here. */
export function Traffic(props: ITrafficProps): React.JSX.Element {
  const { deployment } = props;
  const rollout = deployment.rollout;
  // What was undone stays in words beside the rollout that came after it.
  const back = deployment.undone ?? rollout;
  const measured = back ? backWords(back) : undefined;
  const answering = deployment.traffic.filter(share => share.role !== 'shadow');
  return (
    <Card title={trans.__('Traffic')} aside={rollout?.paused_at ? <Chip tone="warn">{trans.__('held')}</Chip> : undefined}>
      <ShareBar label={trans.__('Traffic')} shares={answering.map(share => ({ name: `v${share.version}`, percent: share.percent, role: share.role }))} />
      <ul className="jp-octavo-Sentences jp-octavo-Shares" aria-label={trans.__('Versions in traffic')}>
        {deployment.traffic.map(share => (
          <Share key={`${share.version} ${share.role}`} share={share} copies={share.role === 'shadow' ? (props.shadow ?? null) : null} />
        ))}
      </ul>
      {props.heldBack && (
        <p className="jp-octavo-Callout" role="status">
          {trans.__('v%1 gets no requests:', props.heldBack.version)} {props.heldBack.reason} <Time at={props.heldBack.since} />
        </p>
      )}
      {rollout && <Stage rollout={rollout} />}
      {deployment.undone && deployment.undone.id !== rollout?.id && <p className="jp-octavo-Muted">{trans.__('v%1: %2', deployment.undone.to_version, deployment.undone.message)}</p>}
      {measured && (
        <p className="jp-octavo-Callout jp-mod-good" role="status">
          {measured}
        </p>
      )}
      <Moves {...props} />
    </Card>
  );
}

function Share(props: { share: TrafficShare; copies: ShadowState | null }): React.JSX.Element {
  const { share, copies } = props;
  const roles: Record<TrafficShare['role'], string> = {
    stable: trans.__('live, %1 % of the requests', share.percent),
    canary: trans.__('canary, %1 % of the requests', share.percent),
    shadow: trans.__('shadow, copies of %1 % of the requests', share.percent),
    standby: trans.__('kept warm for a rollback')
  };
  return (
    <li>
      <b>{trans.__('v%1', share.version)}</b> {roles[share.role]}{' '}
      <Chip tone={SCORER_TONES[share.scorer]} title={share.message}>
        {share.scorer.replace('_', ' ')}
      </Chip>{' '}
      {share.restarts > 0 && <span className="jp-octavo-Muted">{trans._n('restarted once', 'restarted %1 times', share.restarts, share.restarts)}</span>}
      {copies && <span className="jp-octavo-Muted">{trans.__('%1 copies sent, %2 left out, %3 failed', metric(copies.sent), metric(copies.skipped), metric(copies.failed))}</span>}
    </li>
  );
}

function Moves(props: ITrafficProps): React.JSX.Element | null {
  const { deployment } = props;
  const back = deployment.rolls_back_to;
  if (!(deployment.can_promote || deployment.can_roll_back || deployment.can_pause || deployment.can_resume)) {
    return null;
  }
  return (
    <div className="jp-octavo-Form-end">
      {deployment.can_pause && (
        <Button refused={props.refusals?.pause} onClick={props.onPause}>
          {trans.__('Pause')}
        </Button>
      )}
      {deployment.can_resume && (
        <Button refused={props.refusals?.pause} onClick={props.onResume}>
          {trans.__('Resume')}
        </Button>
      )}
      {deployment.can_roll_back && (
        <Button kind="danger" busy={props.busy} refused={props.refusals?.rollBack} onClick={props.onRollBack}>
          {back === null ? trans.__('Roll back') : trans.__('Roll back to v%1', back)}
        </Button>
      )}
      {deployment.can_promote && (
        <Button kind="primary" refused={props.refusals?.promote} onClick={props.onPromote}>
          {trans.__('Promote')}
        </Button>
      )}
    </div>
  );
}
