import * as React from 'react';

import type { Judgement, Rollout } from '../../api/deployments';
import { Progress } from '../../ui/bars';
import type { Tone } from '../../ui/Chip';
import { Chip } from '../../ui/Chip';
import { duration, metric, ms, percent } from '../../ui/format';
import type { IColumn } from '../../ui/Table';
import { Table } from '../../ui/Table';
import { Time, useNow } from '../../ui/Time';
import { trans } from '../../words';

type Finding = Judgement['findings'][number];

const VERDICTS: Record<Judgement['verdict'], Tone> = { watch: 'live', advance: 'good', roll_back: 'bad', unknown: 'warn' };
const UNDER_WAY: readonly Rollout['state'][] = ['starting', 'shadow', 'canary'];
const SECOND_MS = 1000;

/** Write a measured objective in its unit. */
export function measured(objective: Finding['objective'], value: number | null): string {
  if (objective === 'error_rate') {
    return percent(value, 2);
  }
  return objective === 'drift_psi' ? metric(value) : ms(value);
}

/** Say which step of a rollout it is, and how long it still takes at least. */
export function stageWords(rollout: Rollout, now: Date): string {
  const left = rollout.step_until ? (new Date(rollout.step_until).getTime() - now.getTime()) / SECOND_MS : null;
  const name = rollout.step === null ? (rollout.state === 'shadow' ? trans.__('Copies only') : rollout.state.replace('_', ' ')) : trans.__('Step %1 of %2', rollout.step, rollout.steps);
  if (rollout.paused_at) {
    return trans.__('%1, held by %2', name, rollout.paused_by ?? '–');
  }
  return left === null ? name : left > 0 ? trans.__('%1, at least %2 more', name, duration(left)) : trans.__('%1, long enough', name);
}

/** The step of a rollout that is under way, and what its objectives say. */
export function Stage(props: { rollout: Rollout }): React.JSX.Element | null {
  const { rollout } = props;
  const now = useNow(SECOND_MS);
  if (!UNDER_WAY.includes(rollout.state)) {
    return rollout.state === 'rolled_back' || rollout.state === 'failed' ? <p className="jp-octavo-Muted">{rollout.message}</p> : null;
  }
  const words = stageWords(rollout, now);
  return (
    <section className="jp-octavo-Stage" aria-label={trans.__('Rollout to v%1', rollout.to_version)}>
      <p>
        <b>{words}</b> {rollout.message && <span className="jp-octavo-Muted">{rollout.message}</span>}
      </p>
      {rollout.step_since && rollout.step_until && <Baked since={rollout.step_since} until={rollout.step_until} now={now} label={words} />}
      {rollout.judgement && <Judged judgement={rollout.judgement} />}
    </section>
  );
}

function Baked(props: { since: string; until: string; now: Date; label: string }): React.JSX.Element {
  const since = new Date(props.since).getTime();
  const all = Math.max(new Date(props.until).getTime() - since, 1);
  return <Progress label={props.label} done={Math.round(Math.min(Math.max(props.now.getTime() - since, 0), all))} all={all} />;
}

const columns = (): IColumn<Finding>[] => [
  { id: 'objective', title: trans.__('Objective'), cell: row => row.label },
  { id: 'value', title: trans.__('Measured'), numeric: true, cell: row => measured(row.objective, row.value) },
  { id: 'limit', title: trans.__('At most'), numeric: true, cell: row => measured(row.objective, row.limit) },
  { id: 'stable', title: trans.__('Live version'), numeric: true, cell: row => measured(row.objective, row.stable) },
  { id: 'missed', title: '', cell: row => <Chip tone={row.missed ? 'bad' : row.value === null ? 'idle' : 'good'}>{row.missed ? trans.__('missed') : row.value === null ? trans.__('too early') : trans.__('kept')}</Chip> }
];

/** What the newest look at a step found, objective by objective. */
export function Judged(props: { judgement: Judgement }): React.JSX.Element {
  const { judgement } = props;
  return (
    <>
      <p>
        <Chip tone={VERDICTS[judgement.verdict]}>{judgement.verdict.replace('_', ' ')}</Chip> {judgement.sentence}{' '}
        <span className="jp-octavo-Muted">
          {trans.__('%1 of %2 requests', metric(judgement.requests), metric(judgement.needed))} · <Time at={judgement.at} />
        </span>
      </p>
      {judgement.findings.length > 0 && <Table label={trans.__('Objectives')} rows={judgement.findings} columns={columns()} rowKey={row => row.objective} />}
    </>
  );
}
