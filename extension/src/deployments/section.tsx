import { launchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { DeploymentList, DeploymentRequest, DeploymentRequestList } from '../api/deployments';
import type { AlertList as Alerts } from '../api/monitoring';
import { isOpen } from '../monitoring/components/AlertList';
import { matches, useQuery } from '../shell/hooks';
import type { ProjectList } from '../shell/list';
import type { IOctavo } from '../tokens';
import { StateDot } from '../ui/Chip';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { HEALTH_TONES, requestTone, shareLine } from './words';

/** The lists of the sidebar's section. */
export interface IDeploymentLists {
  deployments: ProjectList<DeploymentList>;
  requests: ProjectList<DeploymentRequestList>;
  alerts: ProjectList<Alerts>;
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
                    lead={<StateDot tone={HEALTH_TONES[one.health]} label={one.health} />}
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
