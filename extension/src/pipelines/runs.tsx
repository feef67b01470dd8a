import * as React from 'react';

import type { PipelineRunSummary } from '../api/pipelines';
import { pipelineIcon } from '../icon';
import type { IOctavo } from '../tokens';
import { useAction } from '../ui/action';
import { Button } from '../ui/Button';
import { Page } from '../ui/Page';
import { Empty, Failure, Skeleton, Stale, useResource } from '../ui/states';
import { Tabs } from '../ui/Tabs';
import { trans } from '../words';
import { GanttChart } from './components/GanttChart';
import { RunFilters } from './components/RunFilters';
import { RunTable, titleOf } from './components/RunList';
import { narrowed } from './filter';
import type { ISpan } from './gantt';
import type { RunsModel } from './runsModel';

/** A run as the chart of time draws it. */
export function spanOf(run: PipelineRunSummary): ISpan {
  return { id: run.id, label: titleOf(run), state: run.state, queuedAt: run.created_at, startedAt: run.started_at, endedAt: run.ended_at };
}

/** The one sentence about the runs that are shown. */
export function tally(runs: readonly PipelineRunSummary[], more: boolean): string {
  const count = (...states: string[]): number => runs.filter(run => states.includes(run.state)).length;
  const parts = [
    [count('running'), trans.__('running')],
    [count('queued'), trans.__('queued')],
    [count('failed', 'refused'), trans.__('failed')],
    [count('unknown'), trans.__('of unknown outcome')]
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const all = more ? trans.__('the newest %1 runs', runs.length) : trans._n('%1 run', '%1 runs', runs.length);
  return [all, ...(said.length > 0 || runs.length === 0 ? said : [trans.__('none failed')])].join(' · ');
}

/** All runs of a project: filtered, as a table or on an axis of time. */
export function RunsPage(props: { model: RunsModel; octavo: IOctavo }): React.JSX.Element {
  const { model } = props;
  const [, renew] = React.useReducer((count: number) => count + 1, 0);
  React.useEffect(() => {
    model.changed.connect(renew);
    return () => {
      model.changed.disconnect(renew);
    };
  }, [model]);
  const first = useResource(model.first);
  const pipelines = useResource(model.pipelines).value?.items ?? [];
  return (
    <Page icon={pipelineIcon} title={trans.__('Pipeline runs')} answer={first.value ? tally(model.runs, model.hasMore) : undefined}>
      <RunFilters asked={model.asked} pipelines={pipelines.map(one => one.name)} onAsk={change => model.ask(change)} />
      <Stale state={first} onRefresh={() => void model.first.refresh()} />
      {first.value ? <Shown {...props} /> : first.error ? <Failure error={first.error} onRetry={() => void model.first.refresh()} /> : <Skeleton lines={10} />}
    </Page>
  );
}

function Shown(props: { model: RunsModel; octavo: IOctavo }): React.JSX.Element {
  const { model, octavo } = props;
  const [chosen, choose] = React.useState('table');
  const more = useAction(() => model.more());
  const open = (id: string): void => octavo.open('pipeline-run', { project: model.project, id });
  const { runs } = model;
  const spans = React.useMemo(() => runs.map(spanOf), [runs]);
  if (runs.length === 0) {
    return <Empty title={narrowed(model.asked) ? trans.__('No run matches') : trans.__('Nothing has run in this time')}>{narrowed(model.asked) ? trans.__('Widen the time or clear the filters.') : trans.__('Widen the time, or run a release from the sidebar.')}</Empty>;
  }
  return (
    <>
      <Tabs
        label={trans.__('Runs as')}
        chosen={chosen}
        onChoose={choose}
        tabs={[
          { id: 'table', label: trans.__('Table'), content: () => <RunTable runs={runs} named onOpen={run => open(run.id)} /> },
          { id: 'gantt', label: trans.__('Gantt'), content: () => <GanttChart label={trans.__('Runs over time')} spans={spans} onOpen={open} /> }
        ]}
      />
      {more.error && <Failure error={more.error} compact />}
      {model.hasMore && (
        <Button busy={more.busy} onClick={() => more.run()}>
          {trans.__('Load older runs')}
        </Button>
      )}
    </>
  );
}
