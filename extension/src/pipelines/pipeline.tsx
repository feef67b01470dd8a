import { historyIcon, runIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Step } from '../api/definitions';
import type { Pipeline } from '../api/pipelines';
import { pipelineIcon } from '../icon';
import { useRefusal } from '../shell/hooks';
import type { Permission } from '../shell/session';
import type { IOctavo } from '../tokens';
import { Button } from '../ui/Button';
import { Chip, Digest } from '../ui/Chip';
import { shortDigest, text } from '../ui/format';
import { Card, Facts, Page, Split } from '../ui/Page';
import { Await, useResource } from '../ui/states';
import { Tabs } from '../ui/Tabs';
import { Time } from '../ui/Time';
import { trans } from '../words';
import type { IPipelineActions } from './actions';
import { Backfills } from './components/Backfills';
import { DefinitionEditor } from './components/DefinitionEditor';
import { RunList } from './components/RunList';
import { ScheduleBox, TriggerBox } from './components/Starts';
import type { IDrawnStep } from './components/StepGraph';
import { StepGraph } from './components/StepGraph';
import type { PipelineModel } from './model';

/** Props of the page of a pipeline. */
export interface IPipelinePageProps {
  model: PipelineModel;
  octavo: IOctavo;
  actions: IPipelineActions;
}

interface IParts extends IPipelinePageProps {
  pipeline: Pipeline;
  refusal: (permission: Permission) => string | undefined;
}

/** A pipeline in the main area. */
export function PipelinePage(props: IPipelinePageProps): React.JSX.Element {
  const { model, octavo } = props;
  const refusal = useRefusal(octavo.session, model.project);
  return (
    <Await resource={model.pipeline} lines={10}>
      {pipeline => (
        <Page icon={pipelineIcon} title={pipeline.title || pipeline.name} answer={pipelineLine(pipeline)} chips={<Chips pipeline={pipeline} octavo={octavo} />} actions={<Actions {...props} pipeline={pipeline} refusal={refusal} />}>
          {pipeline.graph && <StepGraph label={trans.__('Steps')} steps={drawnSteps(pipeline, digest => octavo.open('release', { project: model.project, digest }))} />}
          <Split main={<Main {...props} pipeline={pipeline} refusal={refusal} />} side={<Side {...props} pipeline={pipeline} refusal={refusal} />} />
        </Page>
      )}
    </Await>
  );
}

function Chips(props: { pipeline: Pipeline; octavo: IOctavo }): React.JSX.Element {
  const { pipeline, octavo } = props;
  const { release } = pipeline;
  return (
    <>
      {release && <Digest value={release} what={trans.__('Release')} onClick={() => octavo.open('release', { project: pipeline.project, digest: release })} />}
      <Chip>{pipeline.graph ? trans._n('%1 step', '%1 steps', pipeline.graph.steps.length) : trans.__('%1 release %2', pipeline.release_name, pipeline.release_number)}</Chip>
      {pipeline.profile && <Chip>{pipeline.profile}</Chip>}
      {pipeline.priority !== 0 && <Chip>{trans.__('priority %1', pipeline.priority)}</Chip>}
      {pipeline.concurrency > 0 && <Chip title={pipeline.when_full === 'skip' ? trans.__('A scheduled run that finds no place is skipped.') : trans.__('A run that finds no place waits.')}>{trans.__('at most %1 at a time', pipeline.concurrency)}</Chip>}
    </>
  );
}

function Actions(props: IParts): React.JSX.Element {
  const { pipeline, actions, model, refusal } = props;
  const schedules = refusal('pipelines.schedule');
  return (
    <>
      <Button refused={schedules} onClick={() => actions.trigger(pipeline, model)}>
        {trans.__('Add trigger')}
      </Button>
      <Button refused={schedules} onClick={() => actions.backfill(pipeline, model)}>
        {trans.__('Backfill')}
      </Button>
      <Button icon={historyIcon} refused={schedules} onClick={() => actions.schedule(pipeline)}>
        {trans.__('Schedule')}
      </Button>
      <Button kind="primary" icon={runIcon} refused={refusal('pipelines.run')} onClick={() => actions.run(pipeline)}>
        {trans.__('Run')}
      </Button>
    </>
  );
}

function Main(props: IParts): React.JSX.Element {
  const { model, octavo, refusal } = props;
  return (
    <Tabs
      label={trans.__('About the pipeline')}
      tabs={[
        { id: 'runs', label: trans.__('Runs'), content: () => <Await resource={model.runs}>{page => <RunList runs={page.items} onOpen={run => octavo.open('pipeline-run', { project: model.project, id: run.id })} />}</Await> },
        { id: 'backfills', label: trans.__('Backfills'), content: () => <Await resource={model.backfills}>{page => <Backfills backfills={page.items} refused={refusal('pipelines.schedule')} onCancel={id => model.stopBackfill(id)} />}</Await> },
        { id: 'definition', label: trans.__('Definition'), content: () => <Definition model={model} refused={refusal('pipelines.create')} /> }
      ]}
    />
  );
}

/** The pipeline as text, which can be changed. */
function Definition(props: { model: PipelineModel; refused: string | undefined }): React.JSX.Element {
  const { model } = props;
  React.useEffect(() => void model.definition.refresh(), [model]);
  return <Await resource={model.definition}>{yaml => <DefinitionEditor yaml={yaml} refused={props.refused} plan={(typed, signal) => model.plan(typed, signal)} apply={(typed, plan) => model.apply(typed, plan)} />}</Await>;
}

function Side(props: IParts): React.JSX.Element {
  const { model, octavo, pipeline, refusal } = props;
  const triggers = useResource(model.triggers).value?.items ?? [];
  const refused = refusal('pipelines.schedule');
  return (
    <>
      <Card title={trans.__('Schedules')} count={pipeline.schedules.length}>
        {pipeline.schedules.length + triggers.length === 0 && <p className="jp-octavo-Muted">{trans.__('It runs when somebody starts it.')}</p>}
        {pipeline.schedules.map(schedule => (
          <ScheduleBox key={schedule.id} schedule={schedule} refused={refused} onPause={pause => model.pause(schedule.id, pause)} onDelete={() => model.unschedule(schedule.id)} />
        ))}
      </Card>
      {triggers.length > 0 && (
        <Card title={trans.__('Triggers')} count={triggers.length}>
          {triggers.map(trigger => (
            <TriggerBox key={trigger.id} trigger={trigger} refused={refused} onOpen={id => octavo.open('pipeline-run', { project: model.project, id })} onDelete={() => model.removeTrigger(trigger.id)} />
          ))}
        </Card>
      )}
      <Card title={trans.__('Parameters')}>
        <Facts facts={pipeline.parameters.map(parameter => [parameter.name, `${text(parameter.default)} (${parameter.type}${parameter.unit ? `, ${parameter.unit}` : ''})`])} />
      </Card>
    </>
  );
}

/** All steps that a step comes after, by whatever it says so. */
export function needsOf(step: Step): string[] {
  const taken = Object.values(step.inputs ?? {}).map(source => source.slice(0, source.indexOf('.')));
  const conditions = (step.when ?? []).flatMap(one => one.step ?? []);
  return [...new Set([...(step.needs ?? []), ...taken, ...conditions])];
}

/** What is special about a step, in words. */
export function stepWords(step: Step): string[] {
  return [
    step.fan_out ? trans._n('%1 value of %2', '%1 values of %2', step.fan_out.values.length, step.fan_out.parameter) : '',
    (step.when ?? []).length > 0 ? trans.__('on a condition') : '',
    step.retry ? trans.__('%1 attempts', step.retry.attempts) : '',
    step.cache ? trans.__('cached for %1 h', step.cache.max_age_hours) : '',
    step.timeout_minutes ? trans.__('at most %1 min', step.timeout_minutes) : ''
  ].filter(Boolean);
}

function drawnSteps(pipeline: Pipeline, open: (release: string) => void): IDrawnStep[] {
  const releases = new Map(pipeline.releases.map(release => [release.step, release]));
  return (pipeline.graph?.steps ?? []).map(step => {
    const words = stepWords(step);
    const release = releases.get(step.name);
    const named = release ? trans.__('%1 release %2', release.name, release.number) : shortDigest(step.release);
    const digest = release?.digest ?? step.release;
    return { name: step.name, needs: needsOf(step), tone: 'plain', state: named, detail: [named, ...words].join(' · '), title: [step.name, named, digest, ...words].join('\n'), onOpen: () => open(digest) };
  });
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
