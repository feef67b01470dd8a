import * as React from 'react';

import type { Backfill } from '../../api/definitions';
import { useAction } from '../../ui/action';
import { Progress } from '../../ui/bars';
import { Button } from '../../ui/Button';
import { Empty, Failure } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';

/** Props of the backfills of a pipeline. */
export interface IBackfillsProps {
  backfills: readonly Backfill[];
  refused: string | undefined;
  onCancel: (id: string) => Promise<void>;
}

/** Past days that were or are made up for, each with how far it is. */
export function Backfills(props: IBackfillsProps): React.JSX.Element {
  return props.backfills.length === 0 ? (
    <Empty title={trans.__('No backfill yet')}>{trans.__('A backfill runs the pipeline once for each day of a range, a few at a time.')}</Empty>
  ) : (
    <ul className="jp-octavo-Backfills" aria-label={trans.__('Backfills')}>
      {props.backfills.map(one => (
        <Line key={one.id} backfill={one} refused={props.refused} onCancel={() => props.onCancel(one.id)} />
      ))}
    </ul>
  );
}

/** How far a backfill is, in words. */
export function backfillLine(one: Backfill): string {
  const failed = one.ended - one.succeeded;
  const parts = [trans._n('%2 of %1 day done', '%2 of %1 days done', one.days, one.ended), failed > 0 ? trans.__('%1 did not succeed', failed) : '', one.state === 'running' ? trans.__('%1 under way', one.started - one.ended) : one.state];
  return parts.filter(Boolean).join(' · ');
}

function Line(props: { backfill: Backfill; refused: string | undefined; onCancel: () => Promise<void> }): React.JSX.Element {
  const { backfill } = props;
  const cancel = useAction(props.onCancel);
  const asked = backfill.cancel_requested_by ? trans.__('%1 has cancelled it.', backfill.cancel_requested_by) : undefined;
  return (
    <li>
      <strong>{trans.__('%1 to %2', backfill.first, backfill.last)}</strong>{' '}
      <span className="jp-octavo-Muted">
        {trans.__('as %1, at most %2 at a time, by %3', backfill.parameter, backfill.at_a_time, backfill.created_by)} <Time at={backfill.created_at} />
      </span>
      <Progress label={trans.__('Backfill from %1', backfill.first)} done={backfill.ended} all={backfill.days} />
      <div className="jp-octavo-RunProgress-line">
        <span>{backfillLine(backfill)}</span>
        {backfill.state === 'running' && (
          <Button busy={cancel.busy} refused={asked ?? props.refused} label={trans.__('Cancel the backfill from %1', backfill.first)} onClick={() => cancel.run()}>
            {trans.__('Cancel')}
          </Button>
        )}
      </div>
      {cancel.error && <Failure error={cancel.error} compact />}
    </li>
  );
}
