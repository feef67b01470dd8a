import * as React from 'react';

import type { Batch, BatchPartition } from '../../api/batches';
import { Progress } from '../../ui/bars';
import { Button } from '../../ui/Button';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { bytes, duration, metric, money, shortDigest } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

const TONES: Record<Batch['state'], Tone> = { queued: 'idle', running: 'live', succeeded: 'good', partial: 'warn', failed: 'bad', cancelled: 'idle' };
const PART_TONES: Record<BatchPartition['state'], Tone> = { waiting: 'idle', staged: 'live', done: 'good', failed: 'bad' };

function words(state: Batch['state']): string {
  const said: Record<Batch['state'], string> = {
    queued: trans.__('waits'),
    running: trans.__('scores'),
    succeeded: trans.__('done'),
    partial: trans.__('done in part'),
    failed: trans.__('failed'),
    cancelled: trans.__('cancelled')
  };
  return said[state];
}

const columns = (chosen: string | null): IColumn<Batch>[] => [
  {
    id: 'source',
    title: trans.__('Data'),
    wraps: true,
    cell: row => (
      <>
        <b>{row.source}</b> {row.id === chosen && <span className="jp-octavo-hidden">{trans.__('shown below')}</span>}
      </>
    ),
    sort: row => row.source
  },
  { id: 'version', title: trans.__('Version'), cell: row => (row.alias ? `v${row.version} (${row.alias})` : `v${row.version}`), sort: row => row.version },
  { id: 'state', title: trans.__('State'), cell: row => <Chip tone={TONES[row.state]}>{words(row.state)}</Chip>, sort: row => row.state },
  { id: 'done', title: trans.__('Partitions'), numeric: true, cell: row => trans.__('%1 of %2', metric(row.done), metric(row.partitions)), sort: row => row.done },
  { id: 'rows', title: trans.__('Rows'), numeric: true, cell: row => metric(row.rows), sort: row => row.rows },
  { id: 'cost', title: trans.__('Cost'), numeric: true, cell: row => money(row.cost_eur), sort: row => row.cost_eur },
  { id: 'by', title: trans.__('Started'), cell: row => <><Time at={row.created_at} /> · {row.requested_by}</>, sort: row => row.created_at }
];

/** A model's batches; a row opens its partitions below. */
export function BatchTable(props: { batches: readonly Batch[]; chosen: string | null; onOpen: (batch: Batch) => void }): React.JSX.Element {
  return <Table label={trans.__('Batches')} rows={props.batches} columns={columns(props.chosen)} rowKey={row => row.id} onOpen={props.onOpen} low />;
}

/** Props of one batch. */
export interface IBatchCardProps {
  batch: Batch;
  busy: boolean;
  /** Why who looks may not do it. */
  refusals: { cancel: string | undefined; resume: string | undefined };
  onCancel: () => void;
  onResume: () => void;
  children: React.ReactNode;
}

/** One batch: how far it is, what it made, and what can be done with it. */
export function BatchCard(props: IBatchCardProps): React.JSX.Element {
  const { batch } = props;
  return (
    <Card title={batch.source} aside={<Chip tone={TONES[batch.state]}>{words(batch.state)}</Chip>}>
      <Progress label={trans.__('Partitions of %1 that are done', batch.source)} done={batch.done} all={batch.partitions} />
      <p aria-live="polite">{batch.message}</p>
      <Facts
        facts={[
          [trans.__('Scored with'), `${batch.model} v${batch.version} · ${shortDigest(batch.digest)}`],
          [trans.__('Outputs'), <code key="out">{batch.output}</code>],
          [trans.__('Keeps'), batch.keep.join(', ') || trans.__('no column of the data')],
          [trans.__('May fail'), trans._n('%1 partition', '%1 partitions', batch.max_failures)],
          [trans.__('Took'), `${duration(batch.seconds)} · ${money(batch.cost_eur)}`],
          [trans.__('Manifest'), batch.manifest_digest ? <Chip key="m" title={trans.__('A signed list of the outputs with their digests lies beside them.')}>{trans.__('signed · %1', shortDigest(batch.manifest_digest))}</Chip> : trans.__('signed when it ends')]
        ]}
      />
      {props.children}
      <div className="jp-octavo-Form-end">
        {batch.can_cancel && (
          <Button kind="danger" busy={props.busy} refused={props.refusals.cancel} onClick={props.onCancel}>
            {trans.__('Cancel batch')}
          </Button>
        )}
        {batch.can_resume && (
          <Button kind="primary" busy={props.busy} refused={props.refusals.resume} onClick={props.onResume}>
            {trans.__('Resume')}
          </Button>
        )}
      </div>
    </Card>
  );
}

const parts = (): IColumn<BatchPartition>[] => [
  { id: 'name', title: trans.__('Partition'), wraps: true, cell: row => row.name, sort: row => row.number },
  { id: 'state', title: '', cell: row => <Chip tone={PART_TONES[row.state]}>{row.state}</Chip> },
  { id: 'rows', title: trans.__('Rows'), numeric: true, cell: row => (row.state === 'done' ? metric(row.rows) : '–') },
  { id: 'size', title: trans.__('Data'), numeric: true, cell: row => bytes(row.input_bytes) },
  { id: 'took', title: trans.__('Took'), numeric: true, cell: row => (row.seconds > 0 ? duration(row.seconds) : '–') },
  { id: 'engine', title: trans.__('Engine'), cell: row => row.engine ?? '–' },
  { id: 'what', title: trans.__('Output, or why it failed'), wraps: true, cell: row => (row.state === 'failed' ? `${row.message} ${row.remedy}`.trim() : row.digest ? <code title={row.output}>{shortDigest(row.digest)}</code> : '–') }
];

/** Partitions in their order, each with its output's digest or with what was wrong in which row. */
export function Partitions(props: { partitions: readonly BatchPartition[]; onMore?: (() => void) | undefined }): React.JSX.Element {
  return (
    <>
      <Table label={trans.__('Partitions')} rows={props.partitions} columns={parts()} rowKey={row => String(row.number)} low />
      {props.onMore && (
        <Button kind="quiet" onClick={props.onMore}>
          {trans.__('Show more partitions')}
        </Button>
      )}
    </>
  );
}
