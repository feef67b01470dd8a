import { bellIcon, launchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Deployment, DeploymentDetail, DeploymentList, DeploymentRequest, DeploymentRequestList } from '../api/deployments';
import type { AlertList as Alerts } from '../api/monitoring';
import { deploymentIcon } from '../icon';
import { Lineage } from '../lineage/panel';
import { AlertList, isOpen } from '../monitoring/components/AlertList';
import { Pulse } from '../monitoring/components/Pulse';
import { takeAlert } from '../monitoring/panel';
import { Decision } from '../notebooks/components/Decision';
import { matches, useQuery } from '../shell/hooks';
import type { ProjectList } from '../shell/list';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import type { Tone } from '../ui/Chip';
import { Chip, Digest, StateDot } from '../ui/Chip';
import { Code } from '../ui/Code';
import { askReason } from '../ui/form';
import { ms, percent } from '../ui/format';
import { Sentences } from '../ui/lists';
import { Card, Facts, Page, Split } from '../ui/Page';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, Failure, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { History, requestTone, trafficWords } from './components/History';
import { Traffic } from './components/Traffic';
import { curlOf, Promises, TryIt } from './components/TryIt';
import type { DeploymentModel, DeploymentRequestModel } from './model';

const TONES: Record<Deployment['health'], Tone> = { healthy: 'good', starting: 'live', degraded: 'warn', down: 'bad' };

/** The lists of the sidebar's section. */
export interface IDeploymentLists {
  deployments: ProjectList<DeploymentList>;
  requests: ProjectList<DeploymentRequestList>;
  alerts: ProjectList<Alerts>;
}

/** Say who gets the requests: "v7 90 %, v8 10 %". */
export function shareLine(deployment: Deployment): string {
  const shares = deployment.traffic.filter(share => share.percent > 0).map(share => `v${share.version} ${share.percent} %`);
  return shares.join(', ') || trans.__('no traffic');
}

/** The sidebar's section: what waits for approval, what is live, what alerts. */
export function DeploymentSection(props: { lists: IDeploymentLists; octavo: IOctavo }): React.JSX.Element {
  const { lists, octavo } = props;
  const query = useQuery(octavo.session);
  const project = octavo.session.project;
  const pending = (useResource(lists.requests.resource).value?.items ?? []).filter(one => one.state === 'pending' && matches(query, one.deployment, one.model, one.requested_by));
  const alerts = (useResource(lists.alerts.resource).value?.items ?? []).filter(isOpen);
  return (
    <Await resource={lists.deployments.resource} compact>
      {page => (
        <>
          {pending.length > 0 && (
            <Rows label={trans.__('Deployment requests')}>
              {pending.map(request => (
                <RequestRow key={request.id} request={request} onOpen={() => octavo.open('deployment-request', { project, id: request.id })} />
              ))}
            </Rows>
          )}
          {page.items.length > 0 && (
            <Rows label={trans.__('Deployments')}>
              {page.items
                .filter(one => matches(query, one.name, one.model, one.environment))
                .map(one => (
                  <Row
                    key={one.name}
                    lead={<StateDot tone={TONES[one.health]} label={one.health} />}
                    title={`${one.name} @${one.environment}`}
                    figure={shareLine(one)}
                    detail={one.headline}
                    onOpen={() => octavo.open('deployment', { project, name: one.name })}
                    next={{ label: trans.__('Try'), icon: launchIcon, onClick: () => octavo.open('deployment', { project, name: one.name }) }}
                  />
                ))}
            </Rows>
          )}
          {page.items.length + pending.length === 0 && <Empty title={trans.__('Nothing is deployed')}>{trans.__('Request a deployment from a model.')}</Empty>}
          {alerts.length > 0 && (
            <button type="button" className="jp-octavo-More" onClick={() => octavo.open('alerts', { project })}>
              {trans._n('%1 open alert', '%1 open alerts', alerts.length, alerts.length)}
            </button>
          )}
        </>
      )}
    </Await>
  );
}

function RequestRow(props: { request: DeploymentRequest; onOpen: () => void }): React.JSX.Element {
  const { request } = props;
  return (
    <Row
      lead={<StateDot tone={requestTone(request.state)} label={request.state} />}
      title={`${request.model} v${request.version} → ${request.deployment}`}
      figure={trans.__('to approve')}
      detail={
        <>
          {request.requested_by} · <Time at={request.requested_at} />
        </>
      }
      onOpen={props.onOpen}
    />
  );
}

/** What needs somebody first: open alerts, then requests, then how many deployments there are. */
export function DeploymentBadge(props: { lists: IDeploymentLists }): React.JSX.Element | null {
  const alerts = (useResource(props.lists.alerts.resource).value?.items ?? []).filter(isOpen).length;
  const pending = (useResource(props.lists.requests.resource).value?.items ?? []).filter(one => one.state === 'pending').length;
  const live = useResource(props.lists.deployments.resource).value?.items.length;
  if (alerts > 0) {
    return <>{trans._n('%1 alert', '%1 alerts', alerts, alerts)}</>;
  }
  return pending > 0 ? <>{trans.__('%1 to approve', pending)}</> : <>{live ?? ''}</>;
}

/** A deployment in the main area. */
export function DeploymentPage(props: { model: DeploymentModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.deployment} lines={10}>
      {deployment => (
        <Page
          icon={deploymentIcon}
          title={`${deployment.name} @${deployment.environment}`}
          answer={<Truth model={model} deployment={deployment} />}
          chips={
            <>
              <Chip tone={TONES[deployment.health]}>{deployment.health}</Chip>
              <Chip onClick={() => octavo.open('model', { project: model.project, name: deployment.model })}>{deployment.model}</Chip>
              <Chip>
                {trans.__('changed')} <Time at={deployment.updated_at} />
              </Chip>
            </>
          }
          actions={
            <Button kind="primary" onClick={() => model.openMonitor()}>
              {trans.__('Open monitor')}
            </Button>
          }
        >
          <Split main={<DeploymentMain model={model} deployment={deployment} />} side={<DeploymentSide model={model} deployment={deployment} octavo={octavo} />} />
          <Card title={trans.__('Lineage')}>
            <Lineage octavo={octavo} project={model.project} node={`deployment:${model.project}/${deployment.name}`} />
          </Card>
        </Page>
      )}
    </Await>
  );
}

/** The one line of truth: health, volume, latency and errors of the last hour. */
function Truth(props: { model: DeploymentModel; deployment: Deployment }): React.JSX.Element {
  const monitor = useResource(props.model.monitor).value;
  const requests = monitor?.versions.reduce((sum, version) => sum + version.requests, 0) ?? 0;
  if (!monitor || requests === 0) {
    return <>{props.deployment.headline}</>;
  }
  const slowest = Math.max(...monitor.versions.map(version => version.latency_p99_ms ?? 0));
  const errors = monitor.versions.reduce((sum, version) => sum + version.errors, 0) / requests;
  return (
    <>
      {[props.deployment.headline.replace(/\.$/, ''), trans.__('%1 requests in the last hour', requests), trans.__('p99 %1', ms(slowest)), trans.__('errors %1', percent(errors))].join(' · ')}
    </>
  );
}

function DeploymentMain(props: { model: DeploymentModel; deployment: DeploymentDetail }): React.JSX.Element {
  const { model, deployment } = props;
  // One click, no questions: the button says where it leads, and nothing is lost by it.
  const back = useAction(() => model.rollBack(trans.__('Rolled back with one click in the panel.')));
  const forward = (): void =>
    askReason({
      title: trans.__('Promote the canary'),
      body: trans.__('v%1 takes all requests of %2.', deployment.rollout?.to_version ?? 0, deployment.name),
      submit: trans.__('Promote'),
      label: trans.__('Why'),
      least: 8,
      step: reason => model.promote(reason)
    });
  return (
    <>
      <Traffic deployment={deployment} busy={back.busy} onPromote={forward} onRollBack={() => back.run()} />
      {back.error && <Failure error={back.error} />}
      <Await resource={model.monitor}>{summary => <Pulse summary={summary} />}</Await>
      <TryIt key={deployment.inputs.map(column => column.name).join()} deployment={deployment} onScore={row => model.score(row)} />
      <Card title={trans.__('From outside')}>
        <Code label={trans.__('curl')} code={curlOf(deployment, window.location.origin)} />
      </Card>
    </>
  );
}

function DeploymentSide(props: { model: DeploymentModel; deployment: DeploymentDetail; octavo: IOctavo }): React.JSX.Element {
  const { model, deployment, octavo } = props;
  const alerts = useResource(model.alerts).value?.items.filter(alert => alert.deployment === deployment.name) ?? [];
  return (
    <>
      {alerts.length > 0 && (
        <Card title={trans.__('Alerts')} count={alerts.filter(isOpen).length} aside={<bellIcon.react tag="span" />}>
          <AlertList alerts={alerts.slice(0, 6)} onTake={alert => takeAlert(octavo, alert, () => void model.alerts.refresh())} />
          <button type="button" className="jp-octavo-Link" onClick={() => octavo.open('alerts', { project: model.project })}>
            {trans.__('All alerts')}
          </button>
        </Card>
      )}
      <Promises deployment={deployment} />
      <History deployment={deployment} onOpen={request => octavo.open('deployment-request', { project: model.project, id: request.id })} />
    </>
  );
}

/** A request to deploy in the main area. */
export function DeploymentRequestPage(props: { model: DeploymentRequestModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.request} lines={8}>
      {request => (
        <Page
          icon={deploymentIcon}
          title={trans.__('%1 v%2 to %3', request.model, request.version, request.deployment)}
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
          <Split main={<Asked request={request} octavo={octavo} />} side={<RequestDecision request={request} model={model} />} />
        </Page>
      )}
    </Await>
  );
}

function Asked(props: { request: DeploymentRequest; octavo: IOctavo }): React.JSX.Element {
  const { request, octavo } = props;
  return (
    <>
      <Card title={trans.__('What is asked for')}>
        <Facts
          facts={[
            [
              trans.__('Model'),
              <button key="model" type="button" className="jp-octavo-Link" onClick={() => octavo.open('model', { project: request.project, name: request.model })}>
                {`${request.model} v${request.version}`}
              </button>
            ],
            [trans.__('Files'), <Digest key="files" value={request.model_digest} what={trans.__('Manifest of the model files')} />],
            [trans.__('Environment'), request.environment],
            [trans.__('Traffic'), trafficWords(request.traffic)],
            [trans.__('Profile'), request.profile],
            [trans.__('Latency'), trans.__('95 % within %1', ms(request.objectives.latency_p95_ms))],
            [trans.__('Lapses'), <Time key="lapses" at={request.expires_at} />]
          ]}
        />
      </Card>
      <Card title={trans.__('Policy')} aside={<Chip tone={request.policy.allowed ? 'good' : 'bad'}>{request.policy.allowed ? trans.__('allows') : trans.__('refuses')}</Chip>}>
        <Sentences label={trans.__('What the policy says')} sentences={request.policy.reasons} />
      </Card>
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
  return (
    <Decision
      effect={trans.__('Approving lets v%1 go live in %2 with %3.', request.version, request.environment, trafficWords(request.traffic))}
      digest={request.digest}
      may={request.may_review}
      because={request.may_not_review_because ?? request.message}
      approve={trans.__('Approve')}
      reject={trans.__('Reject')}
      onDecide={body => model.decide(body)}
    />
  );
}
