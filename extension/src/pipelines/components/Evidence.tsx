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

/** What a run was given, what it read and made, and how it compares. */
export function RunSide(props: { run: PipelineRun; onRelease: () => void }): React.JSX.Element {
  const { run } = props;
  return (
    <>
      <Card title={trans.__('Verdict')} aside={<VerdictChip outcome={run.comparison?.outcome} />}>
        {run.comparison ? <VerdictTable verdict={run.comparison} /> : <p className="jp-octavo-Muted">{run.approved ? trans.__('Compared with the release when the run has ended.') : trans.__('Nothing was approved that it could be compared with.')}</p>}
      </Card>
      <Card title={trans.__('Parameters')}>
        <Facts facts={Object.entries(run.parameters).map(([name, value]) => [name, text(value)])} />
      </Card>
      <Card title={trans.__('Inputs')} count={run.inputs.length}>
        {run.inputs_changed.length > 0 && <Sentences label={trans.__('Inputs that differ from the release')} sentences={run.inputs_changed.map(name => trans.__('%1 differs from what the release was approved with', name))} />}
        <Facts facts={run.inputs.map(input => [input.kind, <span key={input.name}>{input.name} <Digest value={input.digest} what={input.name} /></span>])} />
      </Card>
      <Card title={trans.__('About')}>
        <Facts
          facts={[
            run.release
              ? [trans.__('Release'), <Digest key="release" value={run.release} what={trans.__('Release')} onClick={props.onRelease} />]
              : [trans.__('Notebook'), trans.__('%1, handed off, not approved', run.notebook ?? '')],
            [trans.__('Started by'), run.trigger === 'schedule' ? trans.__('schedule of %1', run.requested_by) : run.requested_by],
            [trans.__('Queued'), <Time key="queued" at={run.created_at} />],
            [trans.__('Profile'), run.profile],
            [trans.__('Cost'), money(run.cost)],
            [trans.__('Output'), run.output_digest ? <Digest key="output" value={run.output_digest} what={trans.__('Output notebook')} /> : '–']
          ]}
        />
      </Card>
    </>
  );
}

/** The files a run committed, and each try of it. */
export function Artifacts(props: { run: PipelineRun }): React.JSX.Element {
  const { run } = props;
  return (
    <>
      <Card title={trans.__('Artifacts')} count={run.artifacts.length}>
        {run.artifacts.length === 0 ? <p className="jp-octavo-Muted">{trans.__('The run has committed no file.')}</p> : <Facts facts={run.artifacts.map(file => [bytes(file.size), <span key={file.path}>{file.path} <Digest value={file.digest} what={file.path} /></span>])} />}
      </Card>
      <Card title={trans.__('Attempts')} count={run.attempts.length}>
        <Facts
          facts={run.attempts.map(attempt => [
            trans.__('No. %1', attempt.number),
            <span key={attempt.number}>
              {attempt.state} · <Time at={attempt.started_at} />
              {attempt.peak_memory_mib !== null && ` · ${trans.__('%1 MiB at most', Math.round(attempt.peak_memory_mib))}`}
              {attempt.account && ` · ${trans.__('account %1', attempt.account)}`}
              {attempt.message && <div className="jp-octavo-Muted">{attempt.message}</div>}
            </span>
          ])}
        />
      </Card>
    </>
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
