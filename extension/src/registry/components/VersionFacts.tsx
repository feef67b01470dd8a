import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import * as React from 'react';

import type { ModelVersionDetail } from '../../api/registry';
import { Chip, Digest } from '../../ui/Chip';
import type { Tone } from '../../ui/Chip';
import { bytes, metric } from '../../ui/format';
import { Markdown } from '../../ui/Markdown';
import { Card, Facts, Figures } from '../../ui/Page';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { Requirements } from './Requirements';
import { Example, Signature } from './Signature';

type File = ModelVersionDetail['files'][number];

const CONVERSION_TONES: Record<string, Tone> = { converted: 'good', refused: 'idle', not_tried: 'idle' };

const fileColumns = (): IColumn<File>[] => [
  { id: 'path', title: trans.__('File'), cell: file => file.path, sort: file => file.path },
  { id: 'size', title: trans.__('Size'), numeric: true, cell: file => bytes(file.size), sort: file => file.size },
  { id: 'sha256', title: trans.__('SHA-256'), cell: file => <Digest value={file.sha256} what={file.path} /> }
];

/** A version's card, what it takes and answers, and its files. */
export function VersionCard(props: { detail: ModelVersionDetail; rendermime: IRenderMimeRegistry }): React.JSX.Element {
  const { detail } = props;
  return (
    <>
      <Card title={trans.__('Model card')}>
        <Markdown label={trans.__('Card of version %1', detail.version.version)} source={detail.card} rendermime={props.rendermime} />
      </Card>
      {detail.signature && (
        <Card title={trans.__('Signature')}>
          <Signature signature={detail.signature} />
        </Card>
      )}
      {detail.input_example && (
        <Card title={trans.__('Input example')}>
          <Example example={detail.input_example} />
        </Card>
      )}
      <Card title={trans.__('Files')} count={detail.files.length}>
        <Table label={trans.__('Files')} rows={detail.files} columns={fileColumns()} rowKey={file => file.path} low />
      </Card>
    </>
  );
}

/** What was checked when the version was registered, and its figures. */
export function VersionChecks(props: { detail: ModelVersionDetail; onRun: () => void }): React.JSX.Element {
  const { version, checklist, scan, prediction, owner } = props.detail;
  return (
    <>
      <Card title={trans.__('Version %1', version.version)}>
        <Facts
          facts={[
            [trans.__('Registered'), <Time key="at" at={version.created_at} />],
            [trans.__('By'), version.created_by],
            ...(owner ? [[trans.__('Owner'), owner] as const] : []),
            [
              trans.__('From run'),
              <button key="run" type="button" className="jp-octavo-Link" onClick={props.onRun}>
                {version.run_id.slice(0, 8)}
              </button>
            ],
            [trans.__('Load it with'), <code key="uri">{version.uri}</code>],
            [trans.__('Scan'), <Chip key="scan" tone={scan.outcome === 'clean' ? 'good' : scan.outcome === 'notes' ? 'plain' : 'bad'} title={scan.findings.map(finding => `${finding.path}: ${finding.what}`).join('\n')}>{trans.__('%1, %2 files', scan.outcome, scan.scanned)}</Chip>],
            [trans.__('Tried out'), <Chip key="tried" tone={prediction.outcome === 'passed' ? 'good' : 'warn'} title={prediction.detail}>{prediction.outcome.replace('_', ' ')}</Chip>],
            [trans.__('Fast form'), <FastForm key="fast" detail={props.detail} />]
          ]}
        />
        <Figures figures={Object.entries(version.metrics).map(([name, value]) => [name, metric(value)] as const)} />
      </Card>
      <Card title={trans.__('Checklist at registration')}>
        <Requirements label={trans.__('Checklist at registration')} lines={checklist} />
      </Card>
    </>
  );
}

/** Whether there is an ONNX form, how near its answers are and how much faster; else why not. */
function FastForm(props: { detail: ModelVersionDetail }): React.JSX.Element {
  const { conversion, derived = [] } = props.detail;
  const onnx = derived.find(one => one.kind === 'onnx');
  const words = { converted: trans.__('ONNX'), refused: trans.__('none'), not_tried: trans.__('not tried') };
  return (
    <>
      <Chip tone={CONVERSION_TONES[conversion.outcome] ?? 'plain'} title={conversion.detail}>
        {words[conversion.outcome]}
      </Chip>{' '}
      {onnx ? (
        <>
          <Digest value={onnx.digest} what={trans.__('Manifest of the ONNX form')} />{' '}
          <span className="jp-octavo-Muted">
            {trans.__('differs by at most %1 on %2 rows', metric(onnx.max_difference), onnx.rows)}
            {onnx.speedup !== null && `, ${trans.__('%1 times faster', metric(onnx.speedup))}`}
          </span>
        </>
      ) : (
        <span className="jp-octavo-Muted">{conversion.detail}</span>
      )}
    </>
  );
}
