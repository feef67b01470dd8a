import * as React from 'react';

import type { DeploymentRequest } from '../api/deployments';
import { deploymentIcon } from '../icon';
import { Decision } from '../notebooks/components/Decision';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Chip, Digest } from '../ui/Chip';
import { Sentences } from '../ui/lists';
import { Card, Facts, Page, Split } from '../ui/Page';
import { Await, Failure } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { Grounds } from './components/Grounds';
import type { DeploymentRequestModel } from './reviewing';
import { planSentences, promiseFacts, requestTone, trafficWords } from './words';

/** A request to deploy in the main area: what is asked for, what speaks for it, the decision. */
export function DeploymentRequestPage(props: { model: DeploymentRequestModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.request} lines={8}>
      {request => (
        <Page
          icon={deploymentIcon}
          title={trans.__('%1 v%2 to %3 @%4', request.model, request.version, request.deployment, request.environment)}
          answer={request.message || request.state}
          chips={
            <>
              <Chip tone={requestTone(request.state)}>{request.state}</Chip>
              <Chip>
                {request.requested_by} · <Time at={request.requested_at} />
              </Chip>
              <Digest value={request.digest} what={trans.__('What is asked for')} />
            </>
          }
          actions={<Button onClick={() => octavo.open('deployment', { project: model.project, name: request.deployment })}>{trans.__('Open deployment')}</Button>}
        >
          <blockquote className="jp-octavo-Note">{request.reason}</blockquote>
          <Split
            follow
            main={
              <>
                <Asked request={request} octavo={octavo} />
                <Rests request={request} model={model} octavo={octavo} />
              </>
            }
            side={
              <>
                <RequestDecision request={request} model={model} />
                <Course request={request} />
              </>
            }
          />
        </Page>
      )}
    </Await>
  );
}

function Asked(props: { request: DeploymentRequest; octavo: IOctavo }): React.JSX.Element {
  const { request, octavo } = props;
  return (
    <Card title={trans.__('What is asked for')}>
      <Facts
        facts={[
          [
            trans.__('Model'),
            <button key="model" type="button" className="jp-octavo-Link" onClick={() => octavo.open('model', { project: request.project, name: request.model, version: String(request.version) })}>
              {request.alias ? trans.__('%1 v%2, by its alias %3', request.model, request.version, request.alias) : `${request.model} v${request.version}`}
            </button>
          ],
          [trans.__('Files'), <Digest key="files" value={request.model_digest} what={trans.__('Manifest of the model files')} />],
          [trans.__('Environment'), request.environment],
          [trans.__('Profile'), request.profile],
          [trans.__('Owner'), request.owner || '–'],
          ...promiseFacts(request.objectives, request.rate_limit),
          [trans.__('Lapses'), <Time key="lapses" at={request.expires_at} />]
        ]}
      />
    </Card>
  );
}

/** How it would go live, and what the policy says of that. */
function Course(props: { request: DeploymentRequest }): React.JSX.Element {
  const { request } = props;
  return (
    <>
      <Card title={trans.__('Traffic')} aside={<Chip>{trafficWords(request.traffic)}</Chip>}>
        <Sentences label={trans.__('How it takes over')} sentences={planSentences(request.traffic)} />
      </Card>
      <Card title={trans.__('Policy')} aside={<Chip tone={request.policy.allowed ? 'good' : 'bad'}>{request.policy.allowed ? trans.__('allows') : trans.__('refuses')}</Chip>}>
        <Sentences label={trans.__('What the policy says')} sentences={request.policy.reasons} />
      </Card>
    </>
  );
}

function Rests(props: { request: DeploymentRequest; model: DeploymentRequestModel; octavo: IOctavo }): React.JSX.Element | null {
  const { request, model, octavo } = props;
  const gather = useAction(() => model.gather());
  if (!request.evidence) {
    return null;
  }
  const decided = request.state === 'pending' ? undefined : trans.__('The request is %1: its evidence stays as it was.', request.state);
  return (
    <>
      <Grounds evidence={request.evidence} refused={octavo.session.refusal('deployments.evidence', model.project) ?? decided} busy={gather.busy} onGather={() => gather.run()} />
      {gather.error && <Failure error={gather.error} />}
    </>
  );
}

function RequestDecision(props: { request: DeploymentRequest; model: DeploymentRequestModel }): React.JSX.Element {
  const { request, model } = props;
  if (request.review) {
    return (
      <Card title={trans.__('Decision')}>
        <p>
          <Chip tone={request.review.decision === 'approve' ? 'good' : 'bad'}>{request.review.decision === 'approve' ? trans.__('approved') : trans.__('rejected')}</Chip> {request.review.reviewer} · <Time at={request.review.at} />
        </p>
        <p>{request.review.reason}</p>
      </Card>
    );
  }
  const evidence = request.evidence?.digest;
  return (
    <Decision
      effect={trans.__('Approving lets v%1 go live in %2: %3', request.version, request.environment, planSentences(request.traffic).join(' '))}
      digest={request.digest}
      may={request.may_review}
      because={request.may_not_review_because ?? request.message}
      approve={trans.__('Approve')}
      reject={trans.__('Reject')}
      onDecide={body => model.decide({ ...body, ...(evidence ? { evidence_digest: evidence } : {}) })}
    />
  );
}
