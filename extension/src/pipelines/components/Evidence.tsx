import * as React from 'react';

import type { PipelineRun, Provenance } from '../../api/pipelines';
import { VerdictTable } from '../../notebooks/components/VerdictCard';
import { Chip, Digest, VerdictChip } from '../../ui/Chip';
import { Code } from '../../ui/Code';
import { bytes, money, text } from '../../ui/format';
import { Sentences } from '../../ui/lists';
import { Card, Facts } from '../../ui/Page';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { triggerWord } from './RunList';

/** What a run was given, what it read and made, and how it compares. */
export function RunSide(props: { run: PipelineRun; onRelease: () => void }): React.JSX.Element {
  const { run } = props;
  return (
    <>
      {run.kind !== 'graph' && <Compared run={run} />}
      <Card title={trans.__('Parameters')}>
        <Facts facts={Object.entries(run.parameters).map(([name, value]) => [name, text(value)])} />
      </Card>
      <Card title={trans.__('Inputs')} count={run.inputs.length}>
        {run.inputs_changed.length > 0 && <Sentences label={trans.__('Inputs that differ from the release')} sentences={run.inputs_changed.map(name => trans.__('%1 differs from what the release was approved with', name))} />}
        <Facts facts={run.inputs.map(input => [input.kind, <span key={input.name}>{input.name} <Digest value={input.digest} what={input.name} /></span>])} />
      </Card>
      {(run.handed?.length ?? 0) > 0 && (
        <Card title={trans.__('Handed over')} count={run.handed?.length ?? 0}>
          <Facts facts={(run.handed ?? []).map(file => [file.source, <span key={file.path}>{file.path} <Digest value={file.digest} what={file.path} /></span>])} />
        </Card>
      )}
      <Card title={trans.__('About')}>
        <Facts
          facts={[
            whatRan(run, props.onRelease),
            [trans.__('Started by'), startedBy(run)],
            [trans.__('Queued'), <Time key="queued" at={run.created_at} />],
            [trans.__('Profile'), run.profile],
            [trans.__('Cost'), money(run.cost)],
            ...(run.priority ? [[trans.__('Priority'), String(run.priority)] as const] : []),
            [trans.__('Output'), run.output_digest ? <Digest key="output" value={run.output_digest} what={trans.__('Output notebook')} /> : '–']
          ]}
        />
      </Card>
    </>
  );
}

type Fact = readonly [string, React.ReactNode];

function whatRan(run: PipelineRun, onRelease: () => void): Fact {
  if (run.kind === 'graph') {
    return [trans.__('Steps'), String(run.steps?.length ?? 0)];
  }
  return run.release
    ? [trans.__('Release'), <Digest key="release" value={run.release} what={trans.__('Release')} onClick={onRelease} />]
    : [trans.__('Notebook'), trans.__('%1, handed off, not approved', run.notebook ?? '')];
}

function startedBy(run: PipelineRun): string {
  switch (run.trigger) {
    case 'manual':
    case 'hand_off':
      return run.requested_by;
    case 'schedule':
      return trans.__('schedule of %1', run.requested_by);
    default:
      return trans.__('%1, for %2', triggerWord(run.trigger), run.requested_by);
  }
}

/** How its outputs compare with what was approved. */
function Compared(props: { run: PipelineRun }): React.JSX.Element {
  const { run } = props;
  return (
    <Card title={trans.__('Verdict')} aside={<VerdictChip outcome={run.comparison?.outcome} />}>
      {run.comparison ? <VerdictTable verdict={run.comparison} /> : <p className="jp-octavo-Muted">{run.approved ? trans.__('Compared with the release when the run has ended.') : trans.__('Nothing was approved that it could be compared with.')}</p>}
    </Card>
  );
}

/** The files a run committed, each a download. */
export function Artifacts(props: { run: PipelineRun; address: (path: string) => string }): React.JSX.Element {
  const { artifacts } = props.run;
  return artifacts.length === 0 ? (
    <p className="jp-octavo-Muted">{trans.__('The run has committed no file.')}</p>
  ) : (
    <Facts
      facts={artifacts.map(file => [
        bytes(file.size),
        <span key={file.path}>
          <a className="jp-octavo-Link" href={props.address(file.path)} download>
            {file.path}
          </a>{' '}
          <Digest value={file.digest} what={file.path} />
        </span>
      ])}
    />
  );
}

/** Each try of a run. */
export function Attempts(props: { run: PipelineRun }): React.JSX.Element {
  const { attempts } = props.run;
  return attempts.length === 0 ? (
    <p className="jp-octavo-Muted">{trans.__('It has not been tried yet.')}</p>
  ) : (
    <Facts
      facts={attempts.map(attempt => [
        trans.__('No. %1', attempt.number),
        <span key={attempt.number}>
          {attempt.state} · <Time at={attempt.started_at} />
          {attempt.peak_memory_mib !== null && ` · ${trans.__('%1 MiB at most', Math.round(attempt.peak_memory_mib))}`}
          {attempt.account && ` · ${trans.__('account %1', attempt.account)}`}
          {attempt.message && <div className="jp-octavo-Muted">{attempt.message}</div>}
        </span>
      ])}
    />
  );
}

/** The signed statement of a run, and whether its signature holds now. */
export function ProvenanceCard(props: { provenance: Provenance }): React.JSX.Element {
  const { provenance } = props;
  return (
    <Card title={trans.__('Provenance')} aside={<Chip tone={provenance.verified ? 'good' : 'bad'}>{provenance.verified ? trans.__('signature verified just now') : trans.__('signature does not hold')}</Chip>}>
      <Facts facts={[[trans.__('Signing key'), provenance.key_id]]} />
      <Code label={trans.__('Statement')} code={JSON.stringify(provenance.statement, null, 2)} />
    </Card>
  );
}
