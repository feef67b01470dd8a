import * as React from 'react';

import type { PipelineRunSummary } from '../../api/pipelines';
import { matches } from '../../shell/hooks';
import { StateDot } from '../../ui/Chip';
import { Row, Rows } from '../../ui/Row';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { stateTone, titleOf } from './RunList';

const SHOWN = 5;

/** The newest runs that were notebooks of somebody's workspace. */
export function handedOff(runs: readonly PipelineRunSummary[], query: string): readonly PipelineRunSummary[] {
  return runs.filter(run => run.trigger === 'hand_off' && matches(query, titleOf(run))).slice(0, SHOWN);
}

/** Notebooks that run on without their workspace. */
export function HandedOff(props: { runs: readonly PipelineRunSummary[]; onOpen: (id: string) => void }): React.JSX.Element | null {
  if (props.runs.length === 0) {
    return null;
  }
  return (
    <>
      <p className="jp-octavo-Rows-title">{trans.__('Handed off')}</p>
      <Rows label={trans.__('Handed off')}>
        {props.runs.map(run => (
          <Row key={run.id} lead={<StateDot tone={stateTone(run.state)} label={run.state} />} title={titleOf(run)} figure={<Time at={run.created_at} />} detail={trans.__('%1 · not approved', run.requested_by)} onOpen={() => props.onOpen(run.id)} />
        ))}
      </Rows>
    </>
  );
}
