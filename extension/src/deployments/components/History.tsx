import * as React from 'react';

import type { DeploymentDetail, DeploymentRequest, RolloutEvent } from '../../api/deployments';
import { Chip } from '../../ui/Chip';
import type { IMoment } from '../../ui/lists';
import { Timeline } from '../../ui/lists';
import { Card } from '../../ui/Page';
import { trans } from '../../words';
import { backWords, requestTone, trafficWords } from '../words';
import { Judged } from './Stage';

const PLATFORM = 'service:worker';

function asked(request: DeploymentRequest, onOpen: (request: DeploymentRequest) => void): IMoment[] {
  const review = request.review;
  return [
    {
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
    },
    ...(review
      ? [
          {
            key: `review ${request.id}`,
            at: review.at,
            title: review.decision === 'approve' ? trans.__('v%1 approved', request.version) : trans.__('v%1 rejected', request.version),
            detail: `${review.reviewer}: ${review.reason}`
          }
        ]
      : [])
  ];
}

/** What is to be said of an event beside its title: who did it, unless the platform did or the message says so. */
function said(event: RolloutEvent): string {
  const own = event.message.replace(/\.$/, '') === happened(event.kind, event.version) ? '' : event.message;
  return event.by === PLATFORM || own.startsWith(`${event.by} `) ? own : [event.by, own].filter(Boolean).join(': ');
}

const happened = (kind: RolloutEvent['kind'], version: number): string => {
  const words: Record<RolloutEvent['kind'], string> = {
    started: trans.__('v%1 started', version),
    ready: trans.__('v%1 is ready', version),
    stepped: trans.__('v%1 took its next step', version),
    paused: trans.__('v%1 held', version),
    resumed: trans.__('v%1 goes on', version),
    promoted: trans.__('v%1 promoted', version),
    live: trans.__('v%1 live', version),
    rolled_back: trans.__('v%1 rolled back', version),
    failed: trans.__('v%1 failed', version),
    superseded: trans.__('v%1 superseded', version),
    model_gone: trans.__('v%1 is gone from the registry', version)
  };
  return words[kind];
};

/** Put requests, decisions and what happened to the traffic into one story, newest first. */
export function story(deployment: DeploymentDetail, events: readonly RolloutEvent[], onOpen: (request: DeploymentRequest) => void): IMoment[] {
  const times = new Map(deployment.rollouts.flatMap(rollout => (backWords(rollout) ? [[rollout.id, rollout.rollback_s ?? 0] as const] : [])));
  const moved = events.map(event => {
    const seconds = event.kind === 'rolled_back' ? times.get(event.rollout_id) : undefined;
    return {
      key: `event ${event.id}`,
      at: event.at,
      title: (
        <>
          {happened(event.kind, event.version)} {seconds !== undefined && <Chip tone="good">{seconds < 0.0005 ? trans.__('at once') : trans.__('in %1 s', seconds.toFixed(seconds < 0.1 ? 3 : 2))}</Chip>}
        </>
      ),
      detail: (
        <>
          <div>{said(event)}</div>
          {event.judgement && event.judgement.findings.length > 0 && (
            <details>
              <summary>{trans.__('What was measured')}</summary>
              <Judged judgement={event.judgement} />
            </details>
          )}
        </>
      )
    };
  });
  return [...deployment.requests.flatMap(request => asked(request, onOpen)), ...moved].sort((a, b) => b.at.localeCompare(a.at));
}

/** What was asked, decided and done. */
export function History(props: { deployment: DeploymentDetail; events: readonly RolloutEvent[]; more?: (() => void) | undefined; onOpen: (request: DeploymentRequest) => void }): React.JSX.Element {
  return (
    <Card title={trans.__('Requests and rollouts')}>
      <Timeline label={trans.__('Requests and rollouts')} moments={story(props.deployment, props.events, props.onOpen)} />
      {props.more && (
        <button type="button" className="jp-octavo-Link" onClick={props.more}>
          {trans.__('Earlier')}
        </button>
      )}
    </Card>
  );
}
