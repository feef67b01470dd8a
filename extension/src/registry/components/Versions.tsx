import * as React from 'react';

import type { ModelVersion } from '../../api/registry';
import { Button } from '../../ui/Button';
import { Chip, Digest } from '../../ui/Chip';
import { metric } from '../../ui/format';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

/** Versions that are compared at once. */
export const MOST_COMPARED = 5;

function columns(lead: string | undefined): IColumn<ModelVersion>[] {
  return [
    { id: 'version', title: trans.__('Version'), numeric: true, cell: row => <b>{trans.__('v%1', row.version)}</b>, sort: row => row.version },
    {
      id: 'aliases',
      title: trans.__('Alias'),
      cell: row => row.aliases.map(alias => <Chip key={alias}>{alias}</Chip>)
    },
    ...(lead === undefined ? [] : [{ id: 'lead', title: lead, numeric: true, cell: (row: ModelVersion) => metric(metricOf(row, lead)), sort: (row: ModelVersion) => metricOf(row, lead) }]),
    { id: 'scan', title: trans.__('Scan'), cell: row => row.scan, sort: row => row.scan },
    { id: 'digest', title: trans.__('Digest'), cell: row => <Digest value={row.digest} what={trans.__('Manifest of the files')} /> },
    { id: 'by', title: trans.__('By'), cell: row => row.created_by, sort: row => row.created_by },
    { id: 'at', title: trans.__('Registered'), numeric: true, cell: row => <Time at={row.created_at} />, sort: row => row.created_at }
  ];
}

/** A metric of a version by its name, which may be any text. */
export function metricOf(version: ModelVersion, name: string): number | null {
  return new Map(Object.entries(version.metrics)).get(name) ?? null;
}

/** Props of the table of versions. */
export interface IVersionsProps {
  versions: readonly ModelVersion[];
  /** The metric that leads. */
  lead: string | undefined;
  picked: readonly number[];
  onPick: (picked: readonly number[]) => void;
  onLook: (version: ModelVersion) => void;
  onCompare: () => void;
}

/** The versions of a model; a click looks at one, two or more can be compared. */
export function Versions(props: IVersionsProps): React.JSX.Element {
  const { picked } = props;
  const refused = picked.length < 2 ? trans.__('Pick at least two versions.') : picked.length > MOST_COMPARED ? trans.__('Pick at most %1 versions.', MOST_COMPARED) : undefined;
  return (
    <>
      <div className="jp-octavo-Bar">
        <span className="jp-octavo-Muted">{trans.__('A click on a row looks at that version.')}</span>
        <span className="jp-octavo-Bar-end">
          <Button refused={refused} onClick={props.onCompare}>
            {picked.length > 1 ? trans.__('Compare %1', picked.map(version => `v${version}`).join(', ')) : trans.__('Compare')}
          </Button>
        </span>
      </div>
      <Table
        label={trans.__('Versions')}
        rows={props.versions}
        columns={columns(props.lead)}
        rowKey={row => String(row.version)}
        onOpen={props.onLook}
        picked={picked.map(String)}
        onPick={keys => props.onPick(keys.map(Number))}
        pickLabel={row => trans.__('Pick v%1', row.version)}
      />
    </>
  );
}
