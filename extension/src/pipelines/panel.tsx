import { historyIcon, notebookIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { ReleaseList, SubmissionList } from '../api/notebooks';
import type { Pipeline, PipelineList, PipelineRun, PipelineRunList, Schedule } from '../api/pipelines';
import { pipelineIcon } from '../icon';
import type { MaterializationPipelineList } from '../api/materialization';
import { MaterializationRows } from '../features/materialization/rows';
import { CellFault } from '../notebooks/components/CellFault';
import { SubmissionRow, waiting } from '../notebooks/panel';
import { matches, useQuery } from '../shell/hooks';
import type { ProjectList } from '../shell/list';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Chip, Digest, StateDot, VerdictChip } from '../ui/Chip';
import { askReason } from '../ui/form';
import { duration, money, text } from '../ui/format';
import { Card, Facts, Page, Split } from '../ui/Page';
import { Row, Rows } from '../ui/Row';
import { Await, Empty, Failure, useResource } from '../ui/states';
import { Time } from '../ui/Time';
import { trans } from '../words';
import { Artifacts, ProvenanceCard, RunSide } from './components/Evidence';
import { HandedOff, handedOff } from './components/HandedOff';
import { ended, RunList, stateTone, titleOf } from './components/RunList';
import { RunLog, RunProgress } from './components/RunProgress';
import type { PipelineModel, PipelineRunModel } from './model';

/** What can be done with pipelines from any of their views. */
export interface IPipelineActions {
  runRelease: (project: string, release: string) => void;
  run: (pipeline: Pipeline) => void;
  schedule: (pipeline: Pipeline) => void;
  openOutput: (run: PipelineRun) => void;
}

/** The lists of the sidebar's section. */
export interface IPipelineLists {
  submissions: ProjectList<SubmissionList>;
  releases: ProjectList<ReleaseList>;
  pipelines: ProjectList<PipelineList>;
  /** Views and services that are materialised. */
  materialized: ProjectList<MaterializationPipelineList>;
  /** The newest runs, handed-off ones among them. */
  runs: ProjectList<PipelineRunList>;
}

/** The sidebar's section: what waits for review, what runs, what could run. */
export function PipelineSection(props: { lists: IPipelineLists; octavo: IOctavo; actions: IPipelineActions }): React.JSX.Element {
  const { lists, octavo, actions } = props;
  const query = useQuery(octavo.session);
  const submissions = waiting(useResource(lists.submissions.resource).value).filter(one => matches(query, one.name, one.submitted_by));
  const releases = (useResource(lists.releases.resource).value?.items ?? []).filter(one => matches(query, one.name));
  const runs = useResource(lists.runs.resource).value?.items ?? [];
  const materialized = (useResource(lists.materialized.resource).value?.items ?? []).filter(one => matches(query, one.name)).length;
  const project = octavo.session.project;
  return (
    <Await resource={lists.pipelines.resource} compact>
      {page => (
        <>
          {submissions.length > 0 && <Rows label={trans.__('Submissions')}>{submissions.map(one => <SubmissionRow key={one.id} submission={one} octavo={octavo} />)}</Rows>}
          {page.items.length > 0 && (
            <Rows label={trans.__('Pipelines')}>
              {page.items
                .filter(pipeline => matches(query, pipeline.name, pipeline.title))
                .map(pipeline => (
                  <PipelineRow key={pipeline.name} pipeline={pipeline} onOpen={() => octavo.open('pipeline', { project, name: pipeline.name })} onRun={() => actions.run(pipeline)} />
                ))}
            </Rows>
          )}
          <MaterializationRows list={lists.materialized} octavo={octavo} query={query} />
          <HandedOff runs={handedOff(runs, query)} onOpen={id => octavo.open('pipeline-run', { project, id })} />
          {releases.length > 0 && (
            <>
              <p className="jp-octavo-Rows-title">{trans.__('Releases')}</p>
              <Rows label={trans.__('Releases')}>
                {releases.map(release => (
                  <Row
                    key={release.digest}
                    title={trans.__('%1 release %2', release.name, release.number)}
                    figure={<Time at={release.created_at} />}
                    onOpen={() => octavo.open('release', { project, digest: release.digest })}
                    next={{ label: trans.__('Run'), icon: runIcon, onClick: () => actions.runRelease(project, release.digest) }}
                  />
                ))}
              </Rows>
            </>
          )}
          {page.items.length + submissions.length + releases.length + materialized + handedOff(runs, query).length === 0 && (
            <Empty title={query ? trans.__('Nothing matches') : trans.__('Nothing released yet')}>
              {query ? '' : trans.__('Submit a notebook with the Octavo button in its toolbar.')}
            </Empty>
          )}
        </>
      )}
    </Await>
  );
}

function PipelineRow(props: { pipeline: Pipeline; onOpen: () => void; onRun: () => void }): React.JSX.Element {
  const { pipeline } = props;
  const last = pipeline.last_run;
  const next = pipeline.schedules.map(schedule => schedule.next_at).filter(Boolean).sort()[0];
  return (
    <Row
      lead={last ? <StateDot tone={stateTone(last.state)} label={last.state} /> : undefined}
      title={pipeline.name}
      figure={last ? (last.verdict ?? last.state) : trans.__('never ran')}
      detail={
        <>
          {trans.__('release %1', pipeline.release_number)}
          {next && (
            <>
              {` · ${trans.__('next')} `}
              <Time at={next} />
            </>
          )}
        </>
      }
      onOpen={props.onOpen}
      next={{ label: trans.__('Run'), icon: runIcon, onClick: props.onRun }}
    />
  );
}

/** How many submissions wait for somebody. */
export function ReviewBadge(props: { lists: IPipelineLists }): React.JSX.Element | null {
  const review = waiting(useResource(props.lists.submissions.resource).value).filter(one => one.state === 'reviewable').length;
  const pipelines = useResource(props.lists.pipelines.resource).value?.items.length;
  return review > 0 ? <>{trans.__('%1 to review', review)}</> : <>{pipelines ?? ''}</>;
}

/** A pipeline in the main area. */
export function PipelinePage(props: { model: PipelineModel; octavo: IOctavo; actions: IPipelineActions }): React.JSX.Element {
  const { model, octavo, actions } = props;
  return (
    <Await resource={model.pipeline} lines={10}>
      {pipeline => (
        <Page
          icon={pipelineIcon}
          title={pipeline.title || pipeline.name}
          answer={pipelineLine(pipeline)}
          chips={
            <>
              <Digest value={pipeline.release} what={trans.__('Release')} onClick={() => octavo.open('release', { project: model.project, digest: pipeline.release })} />
              <Chip>{trans.__('%1 release %2', pipeline.release_name, pipeline.release_number)}</Chip>
              <Chip>{pipeline.profile}</Chip>
            </>
          }
          actions={
            <>
              <Button icon={historyIcon} onClick={() => actions.schedule(pipeline)}>
                {trans.__('Schedule')}
              </Button>
              <Button kind="primary" icon={runIcon} onClick={() => actions.run(pipeline)}>
                {trans.__('Run')}
              </Button>
            </>
          }
        >
          <Split
            main={
              <Card title={trans.__('Runs')}>
                <Await resource={model.runs}>{page => <RunList runs={page.items} onOpen={run => octavo.open('pipeline-run', { project: model.project, id: run.id })} />}</Await>
              </Card>
            }
            side={
              <>
                <Card title={trans.__('Schedules')} count={pipeline.schedules.length}>
                  {pipeline.schedules.length === 0 && <p className="jp-octavo-Muted">{trans.__('It runs when somebody starts it.')}</p>}
                  {pipeline.schedules.map(schedule => (
                    <ScheduleBox key={schedule.id} schedule={schedule} onDelete={() => model.unschedule(schedule.id)} />
                  ))}
                </Card>
                <Card title={trans.__('Parameters')}>
                  <Facts facts={pipeline.parameters.map(parameter => [parameter.name, `${text(parameter.default)} (${parameter.type})`])} />
                </Card>
              </>
            }
          />
        </Page>
      )}
    </Await>
  );
}

function pipelineLine(pipeline: Pipeline): React.ReactNode {
  const last = pipeline.last_run;
  return last ? (
    <>
      {trans.__('Last run %1', last.state)} <Time at={last.created_at} />
    </>
  ) : (
    trans.__('Has not run yet')
  );
}

function ScheduleBox(props: { schedule: Schedule; onDelete: () => Promise<void> }): React.JSX.Element {
  const { schedule } = props;
  const remove = useAction(props.onDelete);
  return (
    <div className="jp-octavo-Schedule">
      <Facts
        facts={[
          [trans.__('Cron'), <code key="cron">{schedule.cron}</code>],
          [trans.__('Time zone'), schedule.time_zone],
          [trans.__('Next'), <Time key="next" at={schedule.next_at} none={trans.__('never again')} />],
          [trans.__('Made by'), schedule.created_by]
        ]}
      />
      {remove.error && <Failure error={remove.error} />}
      <Button busy={remove.busy} label={trans.__('Delete schedule %1', schedule.cron)} onClick={() => remove.run()}>
        {trans.__('Delete')}
      </Button>
    </div>
  );
}

/** A run of a pipeline in the main area. */
export function PipelineRunPage(props: { model: PipelineRunModel; octavo: IOctavo; actions: IPipelineActions }): React.JSX.Element {
  const { model, octavo, actions } = props;
  const [events, setEvents] = React.useState(model.events);
  React.useEffect(() => {
    const hear = (): void => setEvents(model.events);
    model.heard.connect(hear);
    return () => {
      model.heard.disconnect(hear);
    };
  }, [model]);
  const openRelease = (run: PipelineRun): void => octavo.open('release', { project: model.project, digest: run.release ?? '' });
  return (
    <Await resource={model.run} lines={10}>
      {run => (
        <Page
          icon={pipelineIcon}
          title={trans.__('Run of %1', titleOf(run))}
          answer={run.message || run.state}
          chips={
            <>
              <Chip tone={stateTone(run.state)}>{run.state}</Chip>
              {run.approved && ended(run.state) && <VerdictChip outcome={run.verdict} />}
              {run.release ? <Digest value={run.release} what={trans.__('Release')} onClick={() => openRelease(run)} /> : <Chip tone="warn">{trans.__('Not approved')}</Chip>}
              <Chip>{trans.__('cost %1', money(run.cost))}</Chip>
            </>
          }
          actions={<RunActions model={model} run={run} actions={actions} />}
        >
          <RunProgress run={run} events={events} />
          {run.error && <CellFault error={run.error} />}
          <Split
            main={
              <>
                <Card title={trans.__('Log')}>
                  <RunLog events={events} />
                </Card>
                <Artifacts run={run} />
                <ProvenancePart model={model} run={run} />
              </>
            }
            side={<RunSide run={run} onRelease={() => openRelease(run)} />}
          />
        </Page>
      )}
    </Await>
  );
}

function RunActions(props: { model: PipelineRunModel; run: PipelineRun; actions: IPipelineActions }): React.JSX.Element {
  const { model, run, actions } = props;
  const cancel = useAction(() => model.cancel());
  const decide = (decision: 'retry' | 'give_up'): void =>
    askReason({
      title: decision === 'retry' ? trans.__('Run it once more') : trans.__('Give the run up'),
      body: trans.__('Nobody knows what the last attempt did. Look at its log and its output before you decide.'),
      submit: decision === 'retry' ? trans.__('Retry') : trans.__('Give up'),
      label: trans.__('Why'),
      least: 10,
      step: reason => model.resolve(decision, reason)
    });
  return (
    <>
      {cancel.error && <Failure error={cancel.error} compact />}
      {run.state === 'unknown' && (
        <>
          <Button onClick={() => decide('give_up')}>{trans.__('Give up')}</Button>
          <Button kind="primary" onClick={() => decide('retry')}>
            {trans.__('Retry')}
          </Button>
        </>
      )}
      {!ended(run.state) && run.state !== 'unknown' && (
        <Button icon={stopIcon} busy={cancel.busy} refused={run.cancel_requested_by ? trans.__('%1 has cancelled it.', run.cancel_requested_by) : undefined} onClick={() => cancel.run()}>
          {trans.__('Cancel run')}
        </Button>
      )}
      <Button kind={ended(run.state) ? 'primary' : 'plain'} icon={notebookIcon} refused={run.output_digest ? undefined : trans.__('There is no output notebook yet.')} onClick={() => actions.openOutput(run)}>
        {trans.__('Open output notebook')}
      </Button>
    </>
  );
}

function ProvenancePart(props: { model: PipelineRunModel; run: PipelineRun }): React.JSX.Element | null {
  const { model, run } = props;
  const done = run.state === 'succeeded' && run.approved;
  React.useEffect(() => {
    if (done) {
      void model.provenance.refresh();
    }
  }, [model, done]);
  return done ? <Await resource={model.provenance}>{provenance => <ProvenanceCard provenance={provenance} />}</Await> : null;
}

/** Say how a run ended, for a notification. */
export function ending(run: PipelineRun): string {
  const took = run.started_at && run.ended_at ? duration((new Date(run.ended_at).getTime() - new Date(run.started_at).getTime()) / 1000) : '';
  return [trans.__('Run of %1: %2', titleOf(run), run.state), took, run.verdict ?? ''].filter(Boolean).join(' · ');
}
