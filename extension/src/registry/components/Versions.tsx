import * as React from 'react';

import type { AliasMove, ModelVersion } from '../../api/registry';
import { Chip, Digest } from '../../ui/Chip';
import { metric } from '../../ui/format';
import { Timeline } from '../../ui/lists';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

function columns(lead: string | undefined): IColumn<ModelVersion>[] {
  return [
    { id: 'version', title: trans.__('Version'), numeric: true, cell: row => <b>{trans.__('v%1', row.version)}</b>, sort: row => row.version },
    {
      id: 'aliases',
      title: trans.__('Alias'),
      cell: row => row.aliases.map(alias => <Chip key={alias}>{alias}</Chip>)
    },
    ...(lead ? [{ id: 'lead', title: lead, numeric: true, cell: (row: ModelVersion) => metric(row.metrics[lead]), sort: (row: ModelVersion) => row.metrics[lead] }] : []),
    { id: 'scan', title: trans.__('Scan'), cell: row => row.scan, sort: row => row.scan },
    { id: 'digest', title: trans.__('Digest'), cell: row => <Digest value={row.digest} what={trans.__('Manifest of the files')} /> },
    { id: 'by', title: trans.__('By'), cell: row => row.created_by, sort: row => row.created_by },
    { id: 'at', title: trans.__('Registered'), numeric: true, cell: row => <Time at={row.created_at} />, sort: row => row.created_at }
  ];
}

/** The versions of a model; a click looks at one. */
export function Versions(props: { versions: readonly ModelVersion[]; lead: string | undefined; onPick: (version: ModelVersion) => void }): React.JSX.Element {
  return <Table label={trans.__('Versions')} rows={props.versions} columns={columns(props.lead)} rowKey={row => String(row.version)} onOpen={props.onPick} />;
}

/** Who moved which alias, when and why. */
export function AliasMoves(props: { moves: readonly AliasMove[] }): React.JSX.Element {
  return props.moves.length === 0 ? (
    <p className="jp-octavo-Muted">{trans.__('No alias has been set. The champion is set when a version goes live, or here.')}</p>
  ) : (
    <Timeline
      label={trans.__('Alias history')}
      moments={props.moves.map(move => ({
        key: `${move.alias} ${move.moved_at}`,
        at: move.moved_at,
        title: move.previous === null ? trans.__('%1 set to v%2', move.alias, move.version) : trans.__('%1 moved from v%2 to v%3', move.alias, move.previous, move.version),
        detail: `${move.moved_by}: ${move.reason}`
      }))}
    />
  );
}
