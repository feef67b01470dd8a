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
  unknown: 'warn'
};

/** How a run's state looks. */
export function stateTone(state: RunState): Tone {
  return TONES[state];
}

/** Whether a run has ended. */
export function ended(state: RunState): boolean {
  return state !== 'queued' && state !== 'running' && state !== 'unknown';
}

/** What a run is of: its pipeline, or the notebook that was handed off. */
export function titleOf(run: PipelineRunSummary | PipelineRun): string {
  return run.notebook ?? run.pipeline;
}

/** How long a run took so far, in seconds; null before it began. */
export function elapsed(run: PipelineRunSummary | PipelineRun, now: Date): number | null {
  if (!run.started_at) {
    return null;
  }
  const end = run.ended_at ? new Date(run.ended_at) : now;
  return Math.max(0, (end.getTime() - new Date(run.started_at).getTime()) / 1000);
}

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
  { id: 'trigger', title: trans.__('Started by'), cell: run => (run.trigger === 'schedule' ? trans.__('schedule') : run.requested_by), sort: run => run.requested_by },
  { id: 'took', title: trans.__('Took'), numeric: true, cell: run => duration(elapsed(run, new Date())), sort: run => elapsed(run, new Date()) },
  { id: 'cost', title: trans.__('Cost'), numeric: true, cell: run => money(run.cost), sort: run => run.cost },
  { id: 'at', title: trans.__('When'), numeric: true, cell: run => <Time at={run.created_at} />, sort: run => run.created_at }
];

/** The runs of a pipeline. */
export function RunList(props: { runs: readonly PipelineRunSummary[]; onOpen: (run: PipelineRunSummary) => void }): React.JSX.Element {
  return props.runs.length === 0 ? (
    <Empty title={trans.__('It has not run yet')} />
  ) : (
    <Table label={trans.__('Pipeline runs')} rows={props.runs} columns={columns()} rowKey={run => run.id} onOpen={props.onOpen} />
  );
}
