import * as React from 'react';

import type { PipelineRun } from '../api/pipelines';
import { artifactAddress } from '../api/pipelines';
import { pipelineIcon } from '../icon';
import { CellFault } from '../notebooks/components/CellFault';
import { useRefusal } from '../shell/hooks';
import type { IOctavo } from '../tokens';
import { Chip, Digest, VerdictChip } from '../ui/Chip';
import { duration, money } from '../ui/format';
import { Page, Split } from '../ui/Page';
import { Await, useResource } from '../ui/states';
import type { ITab } from '../ui/Tabs';
import { Tabs } from '../ui/Tabs';
import { trans } from '../words';
import type { IPipelineActions } from './actions';
import type { ICellLine, MeasuredEvent } from './cells';
import { cellsOf, sourcesOf } from './cells';
import { CellList } from './components/CellList';
import { Artifacts, Attempts, ProvenanceCard, RunSide } from './components/Evidence';
import { RunActions } from './components/RunActions';
import { ended, stateTone, titleOf } from './components/RunList';
import { RunLog, RunProgress } from './components/RunProgress';
import { RunSteps } from './components/Steps';
import type { PipelineRunModel } from './runModel';

/** Props of the page of a run. */
export interface IRunPageProps {
  model: PipelineRunModel;
  octavo: IOctavo;
  actions: IPipelineActions;
}

/** A run of a pipeline in the main area. */
export function PipelineRunPage(props: IRunPageProps): React.JSX.Element {
  const { model, octavo, actions } = props;
  const events = useEvents(model);
  const refusal = useRefusal(octavo.session, model.project);
  const openRelease = (run: PipelineRun): void => octavo.open('release', { project: model.project, digest: run.release ?? '' });
  return (
    <Await resource={model.run} lines={10}>
      {run => (
        <Page
          icon={pipelineIcon}
          title={trans.__('Run of %1', titleOf(run))}
          answer={run.message || run.state}
          chips={<RunChips run={run} octavo={octavo} onRelease={() => openRelease(run)} />}
          actions={<RunActions model={model} run={run} actions={actions} octavo={octavo} refusal={refusal} />}
        >
          {run.kind !== 'graph' && <RunProgress run={run} events={events} />}
          {run.error && <CellFault error={run.error} />}
          <Split main={<Main {...props} run={run} events={events} />} side={<RunSide run={run} onRelease={() => openRelease(run)} />} />
        </Page>
      )}
    </Await>
  );
}

function useEvents(model: PipelineRunModel): readonly MeasuredEvent[] {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        model.heard.connect(notify);
        return () => {
          model.heard.disconnect(notify);
        };
      },
      [model]
    ),
    () => model.events
  );
}

function RunChips(props: { run: PipelineRun; octavo: IOctavo; onRelease: () => void }): React.JSX.Element {
  const { run, octavo } = props;
  const open = (id: string) => () => octavo.open('pipeline-run', { project: run.project, id });
  return (
    <>
      <Chip tone={stateTone(run.state)}>{run.state}</Chip>
      {run.approved && run.kind !== 'graph' && ended(run.state) && <VerdictChip outcome={run.verdict} />}
      {run.release && <Digest value={run.release} what={trans.__('Release')} onClick={props.onRelease} />}
      {!run.approved && <Chip tone="warn">{trans.__('Not approved')}</Chip>}
      <Chip>{trans.__('cost %1', money(run.cost))}</Chip>
      {run.parent && <Chip onClick={open(run.parent)}>{trans.__('step %1 of a run', run.step)}</Chip>}
      {run.reuses && (
        <Chip title={trans.__('Nothing had changed since that run, so its result was taken.')} onClick={open(run.reuses)}>
          {trans.__('took an earlier result')}
        </Chip>
      )}
      {run.resumes && <Chip onClick={open(run.resumes)}>{trans.__('goes on with an earlier run')}</Chip>}
    </>
  );
}

/** What fills the page: the notebook or the steps first, then what the run left. */
function Main(props: IRunPageProps & { run: PipelineRun; events: readonly MeasuredEvent[] }): React.JSX.Element {
  const { model, octavo, run, events, actions } = props;
  const notebook = useResource(model.notebook).value;
  const sources = React.useMemo(() => sourcesOf(notebook), [notebook]);
  const over = ended(run.state);
  const cells = React.useMemo(() => cellsOf(sources, events, over), [sources, events, over]);
  const tabs: ITab[] = run.kind === 'graph' ? [stepsTab(props)] : notebookTabs(run, cells, actions);
  const address = (path: string): string => artifactAddress(octavo.requests, run.project, run.id, path);
  return (
    <Tabs
      label={trans.__('About the run')}
      tabs={[
        ...tabs,
        { id: 'log', label: trans.__('Log'), content: () => <RunLog events={events} /> },
        ...(run.kind === 'graph' ? [] : [{ id: 'artifacts', label: trans.__('Artifacts'), count: run.artifacts.length, content: () => <Artifacts run={run} address={address} /> }]),
        ...(run.kind === 'graph' ? [] : [{ id: 'attempts', label: trans.__('Attempts'), count: run.attempts.length, content: () => <Attempts run={run} /> }]),
        ...(run.state === 'succeeded' && run.approved && run.kind !== 'graph' ? [{ id: 'provenance', label: trans.__('Provenance'), content: () => <ProvenancePart model={model} /> }] : [])
      ]}
    />
  );
}

function stepsTab(props: IRunPageProps & { run: PipelineRun }): ITab {
  const { model, octavo, run } = props;
  return { id: 'steps', label: trans.__('Steps'), count: run.steps?.length ?? 0, content: () => <StepsPart model={model} octavo={octavo} run={run} /> };
}

function StepsPart(props: { model: PipelineRunModel; octavo: IOctavo; run: PipelineRun }): React.JSX.Element {
  const { model, octavo, run } = props;
  const runs = useResource(model.steps).value?.items ?? [];
  return <RunSteps run={run} runs={runs} onOpen={id => octavo.open('pipeline-run', { project: run.project, id })} />;
}

/** While it runs, its cells; afterwards the output notebook, and the cells for their figures. */
function notebookTabs(run: PipelineRun, cells: readonly ICellLine[], actions: IPipelineActions): ITab[] {
  const live = !ended(run.state);
  const list: ITab = { id: 'cells', label: live ? trans.__('Notebook') : trans.__('Cells'), content: () => <CellList cells={cells} live={live} /> };
  const output: ITab = { id: 'notebook', label: trans.__('Notebook'), content: () => actions.drawOutput(run) };
  return run.output_digest ? [output, list] : [list];
}

function ProvenancePart(props: { model: PipelineRunModel }): React.JSX.Element {
  const { model } = props;
  React.useEffect(() => void model.provenance.refresh(), [model]);
  return <Await resource={model.provenance}>{provenance => <ProvenanceCard provenance={provenance} />}</Await>;
}

/** Say how a run ended, for a notification. */
export function ending(run: PipelineRun): string {
  const took = run.started_at && run.ended_at ? duration((new Date(run.ended_at).getTime() - new Date(run.started_at).getTime()) / 1000) : '';
  return [trans.__('Run of %1: %2', titleOf(run), run.state), took, run.verdict ?? ''].filter(Boolean).join(' · ');
}
