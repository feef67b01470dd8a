import * as React from 'react';

import type { RunDetail } from '../api/experiments';
import { Lineage } from '../lineage/panel';
import { useRefusal } from '../shell/hooks';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { Chip } from '../ui/Chip';
import { duration, metric } from '../ui/format';
import { Card, Page, Split } from '../ui/Page';
import { Await } from '../ui/states';
import { useNow } from '../ui/Time';
import { trans } from '../words';
import type { IRunActions } from './actions';
import { lineStyle } from './comparison/styles';
import { CurvesPanel } from './components/CurvesPanel';
import { Inputs, Metrics, Parameters, RunFacts, Tags } from './components/RunFacts';
import { RunNotebook } from './components/RunNotebook';
import { leadingMetrics, runCost, runSeconds, runTone } from './components/runs';
import type { RunModel } from './runModel';

/** Props of a run's page. */
export interface IRunPageProps {
  model: RunModel;
  octavo: IOctavo;
  actions: IRunActions;
}

function Chips(props: IRunPageProps & { detail: RunDetail }): React.JSX.Element {
  const { run } = props.detail;
  const now = useNow();
  return (
    <>
      <Chip tone={runTone(run)}>{run.status}</Chip>
      <Chip title={run.ended_at ? trans.__('How long it ran') : trans.__('How long it has been running')}>{duration(runSeconds(run, now))}</Chip>
      {run.cost_eur !== null && (
        <Chip title={trans.__('What the profile %1 cost while the run ran, at the price of the day on which it began.', run.profile ?? '')}>{runCost(run.cost_eur)}</Chip>
      )}
      {run.registered.map(name => (
        <Chip key={name} onClick={() => props.octavo.open('model', { project: props.model.project, name: name.split('/')[0] ?? name })}>
          {name}
        </Chip>
      ))}
    </>
  );
}

function Side(props: IRunPageProps & { detail: RunDetail }): React.JSX.Element {
  const { model, detail, actions } = props;
  const [, draw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    model.changed.connect(draw);
    return () => {
      model.changed.disconnect(draw);
    };
  }, [model]);
  return (
    <>
      <RunFacts detail={detail} />
      {detail.run.notebook && (
        <RunNotebook
          notebook={model.notebook}
          before={model.before}
          onOpen={() => actions.openNotebook(model.project, detail.run)}
          onCompare={before => actions.compareNotebooks(model.project, [before, detail.run.run_id])}
        />
      )}
      <Inputs detail={detail} />
      <Tags detail={detail} />
    </>
  );
}

function Main(props: IRunPageProps & { detail: RunDetail }): React.JSX.Element {
  const { model, detail, octavo } = props;
  const runs = React.useMemo(() => [detail.run], [detail.run]);
  const styles = React.useMemo(() => new Map([[model.id, lineStyle(0)]]), [model.id]);
  const find = React.useCallback((search: string) => model.find(search), [model]);
  return (
    <>
      {detail.curves.length > 0 && (
        <Card title={trans.__('Curves')} count={detail.curves.length}>
          <CurvesPanel requests={octavo.requests} project={model.project} runs={runs} styles={styles} metrics={detail.curves} beat={model.beat.count} />
        </Card>
      )}
      <Metrics detail={detail} onFind={find} />
      <Parameters detail={detail} />
    </>
  );
}

/** One run in the main area. */
export function RunPageView(props: IRunPageProps): React.JSX.Element {
  const { model, octavo } = props;
  const noRegister = useRefusal(octavo.session, model.project)('registry.register');
  return (
    <Await resource={model.run} lines={10}>
      {detail => {
        const [lead] = leadingMetrics(Object.keys(detail.run.metrics), 1);
        const register = noRegister ?? (detail.run.models > 0 ? undefined : trans.__('The run has logged no model.'));
        return (
          <Page
            title={detail.run.name}
            answer={lead ? `${lead} ${metric(detail.run.metrics[lead])}` : detail.run.status}
            chips={<Chips {...props} detail={detail} />}
            locked={[noRegister]}
            actions={
              <>
                <a className="jp-octavo-Link" href={detail.tracking_url} target="_blank" rel="noopener noreferrer">
                  {trans.__('Open in MLflow')}
                </a>
                <Button kind="primary" refused={register} onClick={() => props.actions.register(model.project, detail.run)}>
                  {trans.__('Register')}
                </Button>
              </>
            }
          >
            <Split main={<Main {...props} detail={detail} />} side={<Side {...props} detail={detail} />} />
            <Card title={trans.__('Lineage')}>
              <Lineage octavo={octavo} project={model.project} node={`run:${model.project}/${model.id}`} />
            </Card>
          </Page>
        );
      }}
    </Await>
  );
}
