import { runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { pipelineIcon } from '../../icon';
import { takeAlert } from '../../monitoring/panel';
import { useRefusal } from '../../shell/hooks';
import type { IOctavo } from '../../tokens';
import { Button } from '../../ui/Button';
import { Locked } from '../../ui/Locked';
import { Card, Page, Split } from '../../ui/Page';
import { Await } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { Freshness } from './components/Freshness';
import { History, UnderWay } from './components/History';
import { Schedules } from './components/Schedules';
import { askExpectation, askMaterialize, askSchedule } from './forms';
import type { IStanding, MaterializationModel } from './model';

/** How a view or service is materialised: freshness, what runs, history, schedules. */
export function Standing(props: { model: MaterializationModel; actions?: boolean }): React.JSX.Element {
  const { model } = props;
  const refusal = useRefusal(model.octavo.session, model.target.project);
  const locked = refusal('features.materialize');
  return (
    <Await resource={model.standing} lines={8}>
      {standing => (
        <>
          {props.actions && (
            <div className="jp-octavo-Card-actions">
              <NextStep standing={standing} />
              <Actions model={model} newest={standing.view?.newest_event_at} />
            </div>
          )}
          {props.actions && <Locked reasons={[locked]} />}
          <UnderWay jobs={standing.jobs} refused={locked} onCancel={id => model.cancel(id)} />
          <Split
            main={
              standing.view ? (
                <Freshness
                  view={standing.view}
                  refused={refusal('features.expect')}
                  onExpect={() => askExpectation(model.octavo, model.target, standing.view?.expectation ?? null)}
                  onExpectNothing={() => model.expectNothing()}
                  onTake={alert => takeAlert(model.octavo, alert, () => void model.standing.refresh())}
                />
              ) : (
                <Card title={trans.__('Freshness')}>
                  <p className="jp-octavo-Muted">{trans.__('Each view of the service has its own: open a view to see it, and to say what is expected of it.')}</p>
                </Card>
              )
            }
            side={
              <Card title={trans.__('Schedules')} count={standing.schedules.length}>
                <Schedules schedules={standing.schedules} refused={locked} onDelete={id => model.unschedule(id)} />
              </Card>
            }
          />
          <Card title={trans.__('History')} count={standing.jobs.length}>
            <History jobs={standing.jobs} />
          </Card>
        </>
      )}
    </Await>
  );
}

/** What can be done: materialise now, backfill, schedule. */
export function Actions(props: { model: MaterializationModel; newest?: string | null | undefined }): React.JSX.Element {
  const { octavo, target } = props.model;
  const refused = useRefusal(octavo.session, target.project)('features.materialize');
  return (
    <>
      <Button refused={refused} onClick={() => askSchedule(octavo, target)}>{trans.__('Schedule…')}</Button>
      <Button refused={refused} onClick={() => askMaterialize(octavo, target, true, props.newest)}>{trans.__('Backfill…')}</Button>
      <Button kind="primary" icon={runIcon} refused={refused} onClick={() => askMaterialize(octavo, target, false)}>
        {trans.__('Materialise now')}
      </Button>
    </>
  );
}

function NextStep(props: { standing: IStanding }): React.JSX.Element {
  const { standing } = props;
  const late = standing.view?.late ?? [];
  return (
    <span className="jp-octavo-Card-answer">
      {late.length > 0 ? (
        late.join(' ')
      ) : standing.nextAt ? (
        <>
          {trans.__('Next')} <Time at={standing.nextAt} />
        </>
      ) : (
        trans.__('No schedule')
      )}
    </span>
  );
}

/** A materialisation in the main area, as the pipeline it is. */
export function MaterializationPage(props: { model: MaterializationModel; octavo: IOctavo }): React.JSX.Element {
  const { model } = props;
  const { kind, name } = model.target;
  const locked = useRefusal(props.octavo.session, model.target.project)('features.materialize');
  return (
    <Await resource={model.standing} lines={8}>
      {standing => (
        <Page
          icon={pipelineIcon}
          title={kind === 'service' ? trans.__('Materialisation of service %1', name) : trans.__('Materialisation of %1', name)}
          answer={<NextStep standing={standing} />}
          actions={<Actions model={model} newest={standing.view?.newest_event_at} />}
          locked={[locked]}
        >
          <Standing model={model} />
        </Page>
      )}
    </Await>
  );
}
