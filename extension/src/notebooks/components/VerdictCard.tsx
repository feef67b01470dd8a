import * as React from 'react';

import type { Submission, Verdict } from '../../api/notebooks';
import { Progress } from '../../ui/bars';
import { VerdictChip } from '../../ui/Chip';
import { duration } from '../../ui/format';
import { Card } from '../../ui/Page';
import { trans } from '../../words';
import { CellFault } from './CellFault';

/** How two executions compare: the counts, then everything that isn't identical. */
export function VerdictTable(props: { verdict: Verdict }): React.JSX.Element {
  const { verdict } = props;
  const counts: [string, number][] = [
    [trans.__('identical'), verdict.identical],
    [trans.__('equivalent'), verdict.equivalent],
    [trans.__('volatile'), verdict.volatile],
    [trans.__('different'), verdict.different]
  ];
  return (
    <>
      <dl className="jp-octavo-Counts" aria-label={trans.__('Verdict')}>
        {counts.map(([name, count]) => (
          <div key={name}>
            <dd>{count}</dd>
            <dt>{name}</dt>
          </div>
        ))}
      </dl>
      {verdict.reason && <p className="jp-octavo-Muted">{verdict.reason}</p>}
      {(verdict.cells ?? []).length > 0 && (
        <ul className="jp-octavo-Sentences" aria-label={trans.__('What is not identical')}>
          {(verdict.cells ?? []).map((cell, index) => (
            <li key={index}>
              <VerdictChip outcome={cell.outcome} /> {cell.cell === null ? cell.name : trans.__('cell %1: %2', cell.cell + 1, cell.name)}
              {cell.detail && <div className="jp-octavo-Muted">{cell.detail}</div>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

/** The clean-room replay: how far it is, or what it found. */
export function ReplayCard(props: { submission: Submission }): React.JSX.Element {
  const { replay } = props.submission;
  const progress = replay.progress;
  return (
    <Card title={trans.__('Replay verdict')} aside={<VerdictChip outcome={replay.verdict?.outcome} />}>
      {replay.verdict && <VerdictTable verdict={replay.verdict} />}
      {replay.error && <CellFault error={replay.error} />}
      {!replay.verdict && !replay.error && (
        <>
          <p>{progress?.step || (replay.state === 'queued' ? trans.__('Waiting for its turn.') : trans.__('Runs in a clean room.'))}</p>
          <Progress label={trans.__('Replay')} done={((progress?.pass_number ?? 1) - 1) * (progress?.cells ?? 0) + (progress?.cell ?? 0)} all={(progress?.passes ?? 1) * (progress?.cells ?? 0)} />
          {progress && (
            <p className="jp-octavo-Muted">
              {[trans.__('execution %1 of %2', progress.pass_number, progress.passes), progress.cells > 0 ? trans.__('cell %1 of %2', progress.cell, progress.cells) : '', duration(progress.elapsed_s)].filter(Boolean).join(' · ')}
            </p>
          )}
        </>
      )}
      {replay.seconds !== null && replay.seconds !== undefined && <p className="jp-octavo-Muted">{trans.__('One execution took %1.', duration(replay.seconds))}</p>}
    </Card>
  );
}
