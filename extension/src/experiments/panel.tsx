import { tableRowsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Run } from '../api/experiments';
import { modelIcon } from '../icon';
import { Lineage } from '../lineage/panel';
import { matches, useQuery } from '../shell/hooks';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { LineChart } from '../ui/charts';
import { Chip, StateDot } from '../ui/Chip';
import { TextField } from '../ui/Fields';
import { metric, signed } from '../ui/format';
import { Card, Page, Split } from '../ui/Page';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { Differences } from './components/Differences';
import { Metrics, RunFacts } from './components/RunFacts';
import { RunTable } from './components/RunTable';
import { leadingMetrics, runTone } from './components/runs';
import type { CompareModel, RecentRuns, RunModel, RunsModel } from './model';

/** What the experiments' views ask the other areas for. */
export interface IRunActions {
  register: (project: string, run: Run) => void;
}

/** The sidebar's section of runs. */
export function RunSection(props: { recent: RecentRuns; octavo: IOctavo; actions: IRunActions }): React.JSX.Element {
  const { recent, octavo } = props;
  const query = useQuery(octavo.session);
  const project = octavo.session.project;
  return (
    <Await resource={recent.runs.resource} compact lines={4}>
      {page => {
        const [lead] = leadingMetrics(page.metrics, 1);
        const shown = page.items.filter(run => matches(query, run.name, run.experiment, run.owner));
        return page.items.length === 0 ? (
          <Empty title={trans.__('No runs yet')}>{trans.__('Run a notebook that logs to MLflow; it appears here at once.')}</Empty>
        ) : (
          <Rows
            label={trans.__('Runs')}
            more={{ label: trans.__('All %1 runs', page.total), onClick: () => octavo.open('runs', { project }) }}
          >
            {shown.map((run, index) => (
              <Row
                key={run.run_id}
                lead={<StateDot tone={runTone(run)} label={run.status} />}
                title={run.name}
                figure={lead && <span title={lead}>{metric(run.metrics[lead])}</span>}
                detail={
                  <>
                    {lead && <Change run={run} before={shown[index + 1]} name={lead} />}
                    <Time at={run.started_at} /> · {run.experiment}
                    {run.registered.length > 0 && ` · ${run.registered.join(', ')}`}
                  </>
                }
                onOpen={() => octavo.open('run', { project, id: run.run_id })}
                next={run.models > 0 ? { label: trans.__('Register'), icon: modelIcon, onClick: () => props.actions.register(project, run) } : undefined}
              />
            ))}
          </Rows>
        );
      }}
    </Await>
  );
}

/** Which metric the figure is, and how it compares with the run before. */
function Change(props: { run: Run; before: Run | undefined; name: string }): React.JSX.Element {
  const value = props.run.metrics[props.name];
  const before = props.before?.metrics[props.name];
  const change = typeof value === 'number' && typeof before === 'number' ? ` ${signed(value - before)}` : '';
  return <>{`${props.name}${change} · `}</>;
}

/** How many runs are live. */
export function RunBadge(props: { recent: RecentRuns }): React.JSX.Element | null {
  const experiments = useResource(props.recent.experiments.resource).value;
  const page = useResource(props.recent.runs.resource).value;
  const live = experiments?.items.reduce((sum, experiment) => sum + experiment.live, 0) ?? 0;
  return page ? <>{live > 0 ? trans.__('%1 live', live) : page.total}</> : null;
}

/** All runs as a table in the main area. */
export function RunsPage(props: { model: RunsModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  const [, draw] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    model.changed.connect(draw);
    return () => {
      model.changed.disconnect(draw);
    };
  }, [model]);
  const compare = (): void => octavo.open('compare', { project: model.project, runs: model.picked.join(',') });
  return (
    <Await resource={model.page} lines={10}>
      {page => (
        <Page icon={tableRowsIcon} title={model.query.experiment || trans.__('Runs')} answer={trans._n('%1 run', '%1 runs', page.total, page.total)}>
          <div className="jp-octavo-Bar">
            <TextField label={trans.__('Find runs')} type="search" value={model.query.q ?? ''} placeholder={trans.__('name, owner or notebook')} onChange={q => model.ask({ q })} />
            <span className="jp-octavo-Bar-end">
              <Button kind="primary" refused={model.picked.length < 2 ? trans.__('Pick two or more runs to compare them.') : undefined} onClick={compare}>
                {trans.__('Compare')}
              </Button>
            </span>
          </div>
          {page.items.length === 0 ? (
            <Empty title={trans.__('No run matches')} />
          ) : (
            <RunTable runs={page.items} metrics={page.metrics} picked={model.picked} onPick={runs => model.pick(runs)} onOpen={run => octavo.open('run', { project: model.project, id: run.run_id })} />
          )}
          {page.next_cursor && <Button onClick={() => model.ask({ limit: (model.query.limit ?? 0) + 100 })}>{trans.__('Show more')}</Button>}
        </Page>
      )}
    </Await>
  );
}

/** One run in the main area. */
export function RunPageView(props: { model: RunModel; octavo: IOctavo; actions: IRunActions }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.run} lines={10}>
      {detail => {
        const [lead] = leadingMetrics(Object.keys(detail.run.metrics), 1);
        const register = detail.run.models > 0 ? undefined : trans.__('The run has logged no model.');
        return (
          <Page
            title={detail.run.name}
            answer={lead ? `${lead} ${metric(detail.run.metrics[lead])}` : detail.run.status}
            chips={
              <>
                <Chip tone={runTone(detail.run)}>{detail.run.status}</Chip>
                {detail.run.registered.map(name => (
                  <Chip key={name} onClick={() => octavo.open('model', { project: model.project, name: name.split('/')[0] ?? name })}>
                    {name}
                  </Chip>
                ))}
              </>
            }
            actions={
              <Button kind="primary" refused={register} onClick={() => props.actions.register(model.project, detail.run)}>
                {trans.__('Register')}
              </Button>
            }
          >
            <Split main={<Metrics detail={detail} />} side={<RunFacts detail={detail} />} />
            <Card title={trans.__('Lineage')}>
              <Lineage octavo={octavo} project={model.project} node={`run:${model.project}/${model.id}`} />
            </Card>
          </Page>
        );
      }}
    </Await>
  );
}

/** Runs side by side in the main area. */
export function ComparePage(props: { model: CompareModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  return (
    <Await resource={model.comparison} lines={10}>
      {found => (
        <Page title={trans.__('Compare runs')} answer={answer(found.fields.filter(field => field.differs).length, found.fields.length)}>
          <Card title={trans.__('What differs')}>
            <Differences runs={found.runs} fields={found.fields} onOpen={run => octavo.open('run', { project: model.project, id: run.run_id })} />
          </Card>
          {Object.entries(found.series).length > 0 && (
            <Card title={trans.__('Curves')}>
              <div className="jp-octavo-Grid">
                {Object.entries(found.series).map(([name, series]) => (
                  <div key={name}>
                    <p>{name}</p>
                    <LineChart
                      label={trans.__('Curves of %1', name)}
                      lines={series.map((one, index) => ({ name: found.runs[index]?.name ?? String(index), points: one.points.filter(point => point.value !== null).map(point => [point.step, point.value as number]) }))}
                      xTick={step => trans.__('step %1', step)}
                    />
                  </div>
                ))}
              </div>
            </Card>
          )}
        </Page>
      )}
    </Await>
  );
}

function answer(different: number, all: number): string {
  return different === 0 ? trans.__('Nothing differs in %1 fields', all) : trans.__('%1 of %2 fields differ', different, all);
}
