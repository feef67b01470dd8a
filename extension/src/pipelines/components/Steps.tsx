import * as React from 'react';

import type { GraphStep, PipelineRun, PipelineRunSummary } from '../../api/pipelines';
import type { Tone } from '../../ui/Chip';
import { Empty } from '../../ui/states';
import { trans } from '../../words';
import type { ISpan } from '../gantt';
import { GanttChart } from './GanttChart';
import { isRunState, stateTone } from './RunList';
import type { IDrawnStep } from './StepGraph';
import { StepGraph } from './StepGraph';

/** Props of the steps of a run. */
export interface IRunStepsProps {
  run: PipelineRun;
  /** The runs of its steps, as far as they are known. */
  runs: readonly PipelineRunSummary[];
  onOpen: (id: string) => void;
}

/** A run of several steps: the graph as it stands, why steps stand there, and when each ran. */
export function RunSteps(props: IRunStepsProps): React.JSX.Element {
  const { run, runs, onOpen } = props;
  const spans = React.useMemo(() => stepSpans(runs), [runs]);
  const steps = run.steps ?? [];
  const told = steps.filter(step => step.message && toneOf(step.state) !== 'good');
  return (
    <>
      <StepGraph label={trans.__('Steps')} steps={steps.map(step => drawn(step, onOpen))} />
      {told.length > 0 && (
        <ul className="jp-octavo-Sentences" aria-label={trans.__('Why steps stand where they are')}>
          {told.map(step => (
            <li key={step.name}>
              {step.name}: {step.message}
            </li>
          ))}
        </ul>
      )}
      {spans.length > 0 ? <GanttChart label={trans.__('Steps over time')} spans={spans} onOpen={onOpen} /> : <Empty title={trans.__('No step has started yet')} />}
    </>
  );
}

function toneOf(state: string): Tone {
  return isRunState(state) ? stateTone(state) : 'idle';
}

function drawn(step: GraphStep, onOpen: (id: string) => void): IDrawnStep {
  const first = step.runs[0];
  const fan = step.items > 1 ? trans.__('%1 of %2 runs done', step.done, step.items) : step.state;
  return {
    name: step.name,
    needs: step.needs,
    tone: toneOf(step.state),
    state: step.state,
    detail: fan,
    title: [step.name, fan, step.message].filter(Boolean).join('\n'),
    onOpen: first ? () => onOpen(first) : undefined
  };
}

/** The runs of steps on the axis of time: numbered where a step fans out, and saying so where a result was taken from another run. */
export function stepSpans(runs: readonly PipelineRunSummary[]): ISpan[] {
  const counts = new Map<string, number>();
  runs.forEach(run => counts.set(run.step, (counts.get(run.step) ?? 0) + 1));
  return runs.map(run => {
    const item = (counts.get(run.step) ?? 0) > 1 ? ` ${run.item + 1}` : '';
    const reused = run.reuses ? ` · ${trans.__('reused')}` : '';
    return { id: run.id, label: `${run.step}${item}${reused}`, state: run.state, queuedAt: run.created_at, startedAt: run.started_at, endedAt: run.ended_at };
  });
}
