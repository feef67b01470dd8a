import * as React from 'react';

import type { AuditEntry } from '../../api/audit';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { text } from '../../ui/format';
import { Failure } from '../../ui/states';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import type { Inclusion } from './inclusion';

const TONES: Record<Inclusion, Tone> = { included: 'good', not_included: 'bad', other_tree: 'warn', no_crypto: 'idle' };

/** Asks for an entry's proof when it is wanted, and shows what checking it here found. */
export function ProofChip(props: { entry: AuditEntry; onProve: (entry: AuditEntry) => Promise<Inclusion> }): React.JSX.Element {
  const [found, setFound] = React.useState<Inclusion | null>(null);
  const prove = useAction(async () => setFound(await props.onProve(props.entry)));
  const words: Record<Inclusion, string> = {
    included: trans.__('proved just now'),
    not_included: trans.__('proof does not hold'),
    other_tree: trans.__('the trail moved on'),
    no_crypto: trans.__('needs a secure page')
  };
  if (prove.error) {
    return <Failure error={prove.error} compact />;
  }
  return found ? (
    <Chip tone={TONES[found]} title={trans.__('Checked in this browser against the signed root')} onClick={() => prove.run()}>
      {words[found]}
    </Chip>
  ) : (
    <Button kind="quiet" busy={prove.busy} label={trans.__('Prove entry %1', props.entry.seq)} onClick={() => prove.run()}>
      {trans.__('Prove')}
    </Button>
  );
}

function details(entry: AuditEntry): string {
  const plain = ([, value]: [string, unknown]): number => Number(typeof value === 'object');
  return Object.entries(entry.details)
    .sort((a, b) => plain(a) - plain(b))
    .map(([name, value]) => `${name}: ${text(value)}`)
    .join(' · ');
}

/** Entries of the trail, the newest first. */
export function EntryTable(props: { entries: readonly AuditEntry[]; onProve: (entry: AuditEntry) => Promise<Inclusion> }): React.JSX.Element {
  const columns: IColumn<AuditEntry>[] = [
    { id: 'seq', title: trans.__('No.'), numeric: true, cell: row => row.seq, sort: row => row.seq },
    { id: 'at', title: trans.__('When'), cell: row => <Time at={row.at} />, sort: row => row.at },
    { id: 'actor', title: trans.__('Who'), cell: row => <span title={row.actor_kind}>{row.actor}</span>, sort: row => row.actor },
    { id: 'action', title: trans.__('What'), cell: row => row.action, sort: row => row.action },
    { id: 'subject', title: trans.__('To'), cell: row => <span className="jp-octavo-Clip" title={row.subject}>{row.subject}</span>, sort: row => row.subject },
    { id: 'details', title: trans.__('Details'), cell: row => <span className="jp-octavo-Clip" title={details(row)}>{details(row)}</span> },
    { id: 'proof', title: trans.__('Proof'), cell: row => <ProofChip entry={row} onProve={props.onProve} /> }
  ];
  return <Table label={trans.__('Audit entries')} rows={props.entries} columns={columns} rowKey={row => String(row.seq)} />;
}
