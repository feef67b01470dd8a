import { stopIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Materialization } from '../../../api/materialization';
import { useAction } from '../../../ui/action';
import { Progress } from '../../../ui/bars';
import { Button } from '../../../ui/Button';
import { StateDot } from '../../../ui/Chip';
import { duration } from '../../../ui/format';
import { Empty, Failure } from '../../../ui/states';
import type { IColumn } from '../../../ui/Table';
import { Table } from '../../../ui/Table';
import { Time } from '../../../ui/Time';
import { trans } from '../../../words';
import { isUnderWay } from '../model';
import { cost, reasonOf, spanOf, stateTone } from './states';

/** The jobs that are under way: progress and cancel. */
export function UnderWay(props: { jobs: readonly Materialization[]; refused?: string | undefined; onCancel: (id: string) => Promise<void> }): React.JSX.Element | null {
  const live = props.jobs.filter(isUnderWay);
  return live.length === 0 ? null : (
    <div className="jp-octavo-Live" aria-label={trans.__('Under way')} role="group">
      {live.map(job => (
        <LiveJob key={job.id} job={job} refused={props.refused} onCancel={() => props.onCancel(job.id)} />
      ))}
    </div>
  );
}

function LiveJob(props: { job: Materialization; refused: string | undefined; onCancel: () => Promise<void> }): React.JSX.Element {
  const { job } = props;
  const cancel = useAction(props.onCancel);
  return (
    <div className="jp-octavo-Live-job">
      <div className="jp-octavo-Live-line">
        <span>
          <StateDot tone={stateTone(job.state)} label={job.state} /> {job.state} · {reasonOf(job)} · {spanOf(job)}
        </span>
        <Button icon={stopIcon} busy={cancel.busy} refused={job.cancel_requested_by ? trans.__('%1 has cancelled it.', job.cancel_requested_by) : props.refused} onClick={() => cancel.run()}>
          {trans.__('Cancel')}
        </Button>
      </div>
      <Progress label={trans.__('Windows done')} done={job.windows_done} all={job.windows} />
      <span className="jp-octavo-Muted">
        {trans.__('window %1 of %2', job.windows_done, job.windows)} · {job.message}
      </span>
      {cancel.error && <Failure error={cancel.error} compact />}
    </div>
  );
}

const columns = (): IColumn<Materialization>[] => [
  {
    id: 'state',
    title: trans.__('State'),
    cell: job => (
      <span title={job.message}>
        <StateDot tone={stateTone(job.state)} label={job.state} /> {job.state}
      </span>
    ),
    sort: job => job.state
  },
  { id: 'reason', title: trans.__('Why'), cell: job => reasonOf(job), sort: job => job.reason },
  { id: 'span', title: trans.__('Event times'), cell: job => spanOf(job), sort: job => job.since },
  { id: 'windows', title: trans.__('Windows'), numeric: true, cell: job => `${job.windows_done}/${job.windows}`, sort: job => job.windows },
  { id: 'message', title: trans.__('What came of it'), wraps: true, cell: job => job.message },
  { id: 'rows', title: trans.__('Entities'), numeric: true, cell: job => job.rows.toLocaleString('en-US'), sort: job => job.rows },
  { id: 'took', title: trans.__('Took'), numeric: true, cell: job => duration(job.started_at ? job.seconds : null), sort: job => job.seconds },
  { id: 'cost', title: trans.__('Cost'), numeric: true, cell: job => cost(job.cost_eur), sort: job => job.cost_eur },
  { id: 'by', title: trans.__('Asked by'), cell: job => job.requested_by, sort: job => job.requested_by },
  { id: 'at', title: trans.__('When'), cell: job => <Time at={job.created_at} />, sort: job => job.created_at }
];

/** All jobs, the newest first. */
export function History(props: { jobs: readonly Materialization[] }): React.JSX.Element {
  if (props.jobs.length === 0) {
    return <Empty title={trans.__('No job yet')}>{trans.__('What is online came with the publication. Materialise now, or make a schedule.')}</Empty>;
  }
  return <Table label={trans.__('Materialisations')} rows={props.jobs} columns={columns()} rowKey={job => job.id} />;
}
