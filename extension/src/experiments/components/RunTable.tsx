import * as React from 'react';

import type { Run } from '../../api/experiments';
import { StateDot } from '../../ui/Chip';
import { duration, metric } from '../../ui/format';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { leadingMetrics, runSeconds, runTone } from './runs';

const METRICS = 5;

/** Props of the table of runs. */
export interface IRunTableProps {
  runs: readonly Run[];
  metrics: readonly string[];
  picked: readonly string[];
  onPick: (runs: readonly string[]) => void;
  onOpen: (run: Run) => void;
}

function metricColumn(name: string): IColumn<Run> {
  return { id: `metric-${name}`, title: name, numeric: true, cell: run => metric(run.metrics[name]), sort: run => run.metrics[name] };
}

function columns(metrics: readonly string[]): IColumn<Run>[] {
  return [
    { id: 'status', title: '', cell: run => <StateDot tone={runTone(run)} label={run.status} /> },
    { id: 'name', title: trans.__('Run'), cell: run => <b>{run.name}</b>, sort: run => run.name },
    { id: 'experiment', title: trans.__('Experiment'), cell: run => run.experiment, sort: run => run.experiment },
    ...leadingMetrics(metrics, METRICS).map(metricColumn),
    { id: 'models', title: trans.__('Model'), cell: run => run.registered.join(', ') || (run.models > 0 ? trans.__('logged') : ''), sort: run => run.registered.join() },
    { id: 'owner', title: trans.__('By'), cell: run => run.owner, sort: run => run.owner },
    { id: 'took', title: trans.__('Took'), numeric: true, cell: run => duration(runSeconds(run, new Date())), sort: run => runSeconds(run, new Date()) },
    { id: 'started', title: trans.__('Started'), numeric: true, cell: run => <Time at={run.started_at} />, sort: run => run.started_at }
  ];
}

/** Runs with their leading metrics; two or more picked ones can be compared. */
export function RunTable(props: IRunTableProps): React.JSX.Element {
  const shown = React.useMemo(() => columns(props.metrics), [props.metrics]);
  return (
    <Table
      label={trans.__('Runs')}
      rows={props.runs}
      columns={shown}
      rowKey={run => run.run_id}
      onOpen={props.onOpen}
      picked={props.picked}
      onPick={props.onPick}
      pickLabel={run => trans.__('Pick run %1', run.name)}
    />
  );
}
