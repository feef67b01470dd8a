import { bellIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Deployment, DeploymentDetail, RolloutEventList } from '../api/deployments';
import { deploymentIcon } from '../icon';
import { Lineage } from '../lineage/panel';
import { AlertList, isOpen } from '../monitoring/components/AlertList';
import { takeAlert } from '../monitoring/panel';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { askReason } from '../ui/form';
import { Card, Page, Split } from '../ui/Page';
import { Await, Failure, useResource } from '../ui/states';
import { Tabs } from '../ui/Tabs';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { Drift } from './components/Drift';
import { History } from './components/History';
import { Live } from './components/Live';
import { Traffic } from './components/Traffic';
import { Promises, TryIt } from './components/TryIt';
import { LEAST } from './asking';
import { BatchesTab } from './batches';
import { ConsumersTab } from './consumers';
import { DevicesTab } from './devices';
import type { DeploymentModel } from './model';
import { RequestLogTab } from './kept';
import { HEALTH_TONES } from './words';

interface IPartProps {
  model: DeploymentModel;
  deployment: DeploymentDetail;
  octavo: IOctavo;
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
              <Chip tone={HEALTH_TONES[deployment.health]}>{deployment.health}</Chip>
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
          <Split main={<Main model={model} deployment={deployment} octavo={octavo} />} side={<Side model={model} deployment={deployment} octavo={octavo} />} />
        </Page>
      )}
    </Await>
  );
}

/** The one line of truth: health, volume, latency and errors as they are now, and drift. */
function Truth(props: { model: DeploymentModel; deployment: Deployment }): React.JSX.Element {
  const live = useResource(props.model.live).value;
  const lights = useResource(props.model.monitor).value?.lights ?? [];
  const drift = lights.find(light => light.topic === 'drift' && light.level !== 'unknown');
  const parts = [props.deployment.headline, ...(live ? [live.headline] : []), ...(drift ? [drift.sentence] : [])];
  return <>{parts.map(part => part.replace(/\.$/, '')).join(' · ')}</>;
}

/** Traffic stays in sight; below it what it does now, who asks, what is kept, where it comes from. */
function Main(props: IPartProps): React.JSX.Element {
  const { model, deployment, octavo } = props;
  return (
    <>
      <Steering {...props} />
      <Tabs
        label={trans.__('Parts of %1', deployment.name)}
        tabs={[
          { id: 'now', label: trans.__('Now'), content: () => <Now {...props} /> },
          { id: 'consumers', label: trans.__('Consumers'), content: () => <ConsumersTab octavo={octavo} project={model.project} deployment={deployment.name} /> },
          { id: 'devices', label: trans.__('Devices'), content: () => <DevicesTab octavo={octavo} project={model.project} deployment={deployment.name} /> },
          { id: 'batches', label: trans.__('Batches'), content: () => <BatchesTab octavo={octavo} project={model.project} deployment={deployment} /> },
          { id: 'log', label: trans.__('Request log'), content: () => <RequestLogTab octavo={octavo} project={model.project} deployment={deployment} /> },
          { id: 'lineage', label: trans.__('Lineage'), content: () => <Lineage octavo={octavo} project={model.project} node={`deployment:${model.project}/${deployment.name}`} /> }
        ]}
      />
    </>
  );
}

function Steering(props: IPartProps): React.JSX.Element {
  const { model, deployment, octavo } = props;
  const live = useResource(model.live).value;
  // One click, no questions: the button says where it leads, and nothing is lost by it.
  const back = useAction(() => model.rollBack(trans.__('with one click in the panel.')));
  const version = deployment.rollout?.to_version ?? 0;
  const ask = (title: string, body: string, submit: string, step: (reason: string) => Promise<unknown>) => (): void => askReason({ title, body, submit, label: trans.__('Why'), least: LEAST, step });
  return (
    <>
      <Traffic
        deployment={deployment}
        heldBack={live?.held_back ?? null}
        shadow={live?.shadow ?? null}
        busy={back.busy}
        refusals={{
          promote: octavo.session.refusal('deployments.promote', model.project),
          rollBack: octavo.session.refusal('deployments.rollback', model.project),
          pause: octavo.session.refusal('deployments.pause', model.project)
        }}
        onPromote={ask(trans.__('Promote v%1', version), trans.__('v%1 takes all requests of %2.', version, deployment.name), trans.__('Promote'), reason => model.promote(reason))}
        onRollBack={() => back.run()}
        onPause={ask(trans.__('Pause the rollout'), trans.__('v%1 keeps the share that it has until the rollout is resumed. A missed objective still rolls it back.', version), trans.__('Pause'), reason => model.pause(reason))}
        onResume={ask(trans.__('Resume the rollout'), trans.__('v%1 goes on with its steps.', version), trans.__('Resume'), reason => model.resume(reason))}
      />
      {back.error && <Failure error={back.error} />}
    </>
  );
}

function Now(props: IPartProps): React.JSX.Element {
  const { model, deployment, octavo } = props;
  return (
    <div className="jp-octavo-Part">
      <Await resource={model.live}>{figures => <Live figures={figures} />}</Await>
      <TryIt
        key={deployment.inputs.map(column => column.name).join()}
        deployment={deployment}
        refused={octavo.session.refusal('deployments.invoke', model.project)}
        onScore={(row, entity) => model.score(row, entity)}
      />
      <Await resource={model.monitor}>{summary => <Drift summary={summary} />}</Await>
    </div>
  );
}

function Side(props: IPartProps): React.JSX.Element {
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
      <Await resource={model.history}>{page => <Story {...props} page={page} />}</Await>
    </>
  );
}

/** The newest events as they come, earlier ones once somebody asks for them. */
function Story(props: IPartProps & { page: RolloutEventList }): React.JSX.Element {
  const { model, octavo, page } = props;
  const [earlier, setEarlier] = React.useState<RolloutEventList | null>(null);
  const cursor = earlier ? earlier.next_cursor : page.next_cursor;
  const more = useAction(async () => {
    const next = await model.earlier(cursor ?? '');
    setEarlier({ items: [...(earlier?.items ?? []), ...next.items], next_cursor: next.next_cursor });
  });
  const newest = new Set(page.items.map(event => event.id));
  const events = [...page.items, ...(earlier?.items ?? []).filter(event => !newest.has(event.id))];
  return (
    <>
      <History deployment={props.deployment} events={events} more={cursor ? () => more.run() : undefined} onOpen={request => octavo.open('deployment-request', { project: model.project, id: request.id })} />
      {more.error && <Failure error={more.error} />}
    </>
  );
}
