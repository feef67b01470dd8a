import * as React from 'react';

import type { Release, ReleaseVerification } from '../../api/notebooks';
import { Chip, Digest } from '../../ui/Chip';
import { bytes, text } from '../../ui/format';
import { Card, Facts } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { allowed } from './parameters';

type Pinned = Release['inputs'][number];
type File = Release['files'][number];
type Parameter = Release['parameters'][number];

const inputs = (): IColumn<Pinned>[] => [
  { id: 'kind', title: trans.__('Kind'), cell: row => row.kind, sort: row => row.kind },
  { id: 'name', title: trans.__('Name'), cell: row => row.name, sort: row => row.name },
  { id: 'digest', title: trans.__('Digest'), cell: row => <Digest value={row.digest} what={row.name} /> }
];

const files = (): IColumn<File>[] => [
  { id: 'name', title: trans.__('File'), cell: row => row.name, sort: row => row.name },
  { id: 'size', title: trans.__('Size'), numeric: true, cell: row => bytes(row.size), sort: row => row.size },
  { id: 'digest', title: trans.__('SHA-256'), cell: row => <Digest value={row.digest} what={row.name} /> }
];

const parameters = (): IColumn<Parameter>[] => [
  { id: 'name', title: trans.__('Parameter'), cell: row => <b>{row.name}</b> },
  { id: 'type', title: trans.__('Type'), cell: row => row.type },
  { id: 'default', title: trans.__('Default'), numeric: true, cell: row => text(row.default) },
  { id: 'allowed', title: trans.__('Allowed'), cell: row => allowed(row) },
  { id: 'help', title: trans.__('Meaning'), cell: row => row.help }
];

/** What a verification found, check by check. */
export function Checks(props: { verification: ReleaseVerification }): React.JSX.Element {
  const { verification } = props;
  return (
    <Card title={trans.__('Verification')} aside={<Time at={verification.verified_at} />}>
      <ul className="jp-octavo-Sentences" aria-label={trans.__('Verification')}>
        {verification.checks.map(check => (
          <li key={check.name}>
            <Chip tone={check.ok ? 'good' : 'bad'}>{check.name}</Chip> {check.detail}
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What a release consists of. */
export function ReleaseContent(props: { release: Release }): React.JSX.Element {
  const { release } = props;
  return (
    <>
      <Card title={trans.__('Parameters')} count={release.parameters.length}>
        <Table label={trans.__('Parameters')} rows={release.parameters} columns={parameters()} rowKey={row => row.name} />
      </Card>
      <Card title={trans.__('What its replay read')} count={release.inputs.length}>
        <Table label={trans.__('Inputs')} rows={release.inputs} columns={inputs()} rowKey={row => `${row.kind} ${row.name}`} />
      </Card>
      <Card title={trans.__('Files')} count={release.files.length}>
        <Table label={trans.__('Files')} rows={release.files} columns={files()} rowKey={row => row.name} />
      </Card>
    </>
  );
}

/** Who made and approved it, and with what it runs. */
export function ReleaseSide(props: { release: Release; onSubmission: () => void }): React.JSX.Element {
  const { release } = props;
  return (
    <Card title={trans.__('About')}>
      <Facts
        facts={[
          [trans.__('Written by'), release.submitted_by],
          [trans.__('Approved by'), release.approved_by],
          [trans.__('Approved'), <Time key="at" at={release.created_at} />],
          [trans.__('Profile'), release.profile],
          [trans.__('Python'), release.environment.python],
          [trans.__('Packages'), trans.__('%1 locked', Object.keys(release.environment.packages).length)],
          [trans.__('Environment'), <Digest key="env" value={release.environment.digest} what={trans.__('Environment lock')} />],
          [trans.__('Signing key'), <Digest key="key" value={release.key_id} what={trans.__('Signing key')} />],
          [trans.__('Lost attempts'), release.idempotent ? trans.__('are retried') : trans.__('wait for a person')],
          [
            trans.__('Review'),
            <button key="review" type="button" className="jp-octavo-Link" onClick={props.onSubmission}>
              {trans.__('Open')}
            </button>
          ]
        ]}
      />
    </Card>
  );
}
