import * as React from 'react';

import type { DeploymentDetail, DeploymentRequest } from '../../api/deployments';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import type { IMoment } from '../../ui/lists';
import { Timeline } from '../../ui/lists';
import { Card } from '../../ui/Page';
import { trans } from '../../words';

const TONES: Record<DeploymentRequest['state'], Tone> = {
  pending: 'warn',
  approved: 'live',
  rejected: 'bad',
  expired: 'idle',
  applied: 'good',
  failed: 'bad'
};

/** How a request's state looks. */
export function requestTone(state: DeploymentRequest['state']): Tone {
  return TONES[state];
}

/** Say how a version takes over. */
export function trafficWords(traffic: DeploymentRequest['traffic']): string {
  return traffic.kind === 'canary' ? trans.__('%1 % canary', traffic.percent ?? 0) : trans.__('all traffic');
}

/** Put requests, decisions and rollouts into one story, newest first. */
export function story(deployment: DeploymentDetail, onOpen: (request: DeploymentRequest) => void): IMoment[] {
  const asked = deployment.requests.map(request => ({
    key: `request ${request.id}`,
    at: request.requested_at,
    title: (
      <>
        <button type="button" className="jp-octavo-Link" onClick={() => onOpen(request)}>
          {trans.__('v%1 requested, %2', request.version, trafficWords(request.traffic))}
        </button>{' '}
        <Chip tone={requestTone(request.state)}>{request.state}</Chip>
      </>
    ),
    detail: `${request.requested_by}: ${request.reason}`
  }));
  const decided = deployment.requests.flatMap(request =>
    request.review
      ? [
          {
            key: `review ${request.id}`,
            at: request.review.at,
            title: request.review.decision === 'approve' ? trans.__('v%1 approved', request.version) : trans.__('v%1 rejected', request.version),
            detail: `${request.review.reviewer}: ${request.review.reason}`
          }
        ]
      : []
  );
  const moved = deployment.rollouts.map(rollout => ({
    key: `rollout ${rollout.id}`,
    at: rollout.ended_at ?? rollout.started_at,
    title: trans.__('v%1 %2', rollout.to_version, rollout.state.replace('_', ' ')),
    detail: rollout.ended_by && !rollout.message.includes(rollout.ended_by) ? `${rollout.ended_by}: ${rollout.message}` : rollout.message
  }));
  return [...asked, ...decided, ...moved].sort((a, b) => b.at.localeCompare(a.at));
}

/** What was asked, decided and done. */
export function History(props: { deployment: DeploymentDetail; onOpen: (request: DeploymentRequest) => void }): React.JSX.Element {
  return (
    <Card title={trans.__('Requests and rollouts')}>
      <Timeline label={trans.__('Requests and rollouts')} moments={story(props.deployment, props.onOpen)} />
    </Card>
  );
}
