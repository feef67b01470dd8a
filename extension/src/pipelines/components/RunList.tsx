import * as React from 'react';

import type { PipelineRun, PipelineRunSummary, RunState } from '../../api/pipelines';
import type { Tone } from '../../ui/Chip';
import { StateDot, VerdictChip } from '../../ui/Chip';
import { duration, money } from '../../ui/format';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Empty } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

const TONES: Record<RunState, Tone> = {
  queued: 'idle',
  running: 'live',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'idle',
  refused: 'bad',
  unknown: 'warn',
  skipped: 'idle'
};

/** How a run's state looks. */
export function stateTone(state: RunState): Tone {
  return TONES[state];
}

/** Whether a word is the state of a run. */
export function isRunState(state: string): state is RunState {
  return Object.hasOwn(TONES, state);
}

/** Whether a run has ended. */
export function ended(state: RunState): boolean {
  return state !== 'queued' && state !== 'running' && state !== 'unknown';
}

/** What a run is of: its pipeline, or the notebook that was handed off. */
export function titleOf(run: PipelineRunSummary | PipelineRun): string {
  const step = run.step ? ` / ${run.step}` : '';
  return run.notebook ?? `${run.pipeline}${step}`;
}

/** How long a run took so far, in seconds; null before it began. */
export function elapsed(run: PipelineRunSummary | PipelineRun, now: Date): number | null {
  if (!run.started_at) {
    return null;
  }
  const end = run.ended_at ? new Date(run.ended_at) : now;
  return Math.max(0, (end.getTime() - new Date(run.started_at).getTime()) / 1000);
}

/** What started a run, in a word. */
export function triggerWord(trigger: PipelineRunSummary['trigger']): string {
  switch (trigger) {
    case 'manual':
      return trans.__('a person');
    case 'schedule':
      return trans.__('schedule');
    case 'hand_off':
      return trans.__('hand-off');
    case 'data':
      return trans.__('new data');
    case 'pipeline':
      return trans.__('another pipeline');
    case 'backfill':
      return trans.__('backfill');
    case 'step':
      return trans.__('its pipeline');
    case 'resume':
      return trans.__('resumed');
  }
}

const named = (): IColumn<PipelineRunSummary> => ({ id: 'name', title: trans.__('Pipeline'), cell: titleOf, sort: titleOf });

const columns = (): IColumn<PipelineRunSummary>[] => [
  {
    id: 'state',
    title: trans.__('State'),
    cell: run => (
      <>
        <StateDot tone={stateTone(run.state)} label={run.state} /> {run.state}
      </>
    ),
    sort: run => run.state
  },
  { id: 'verdict', title: trans.__('Verdict'), cell: run => <VerdictChip outcome={run.verdict} />, sort: run => run.verdict },
  { id: 'trigger', title: trans.__('Started by'), cell: run => (run.trigger === 'manual' ? run.requested_by : triggerWord(run.trigger)), sort: run => run.requested_by },
  { id: 'took', title: trans.__('Took'), numeric: true, cell: run => duration(elapsed(run, new Date())), sort: run => elapsed(run, new Date()) },
  { id: 'cost', title: trans.__('Cost'), numeric: true, cell: run => money(run.cost), sort: run => run.cost },
  { id: 'at', title: trans.__('When'), numeric: true, cell: run => <Time at={run.created_at} />, sort: run => run.created_at }
];

/** Runs as a table; with `named` it says which pipeline each is of. */
export function RunTable(props: { runs: readonly PipelineRunSummary[]; named?: boolean; onOpen: (run: PipelineRunSummary) => void }): React.JSX.Element {
  const shown = React.useMemo(() => [...(props.named ? [named()] : []), ...columns()], [props.named]);
  return <Table label={trans.__('Pipeline runs')} rows={props.runs} columns={shown} rowKey={run => run.id} onOpen={props.onOpen} />;
}

/** The runs of a pipeline. */
export function RunList(props: { runs: readonly PipelineRunSummary[]; onOpen: (run: PipelineRunSummary) => void }): React.JSX.Element {
  return props.runs.length === 0 ? <Empty title={trans.__('It has not run yet')} /> : <RunTable {...props} />;
}
