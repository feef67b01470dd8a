import * as React from 'react';

import type { MaterializationSchedule } from '../../../api/materialization';
import { useAction } from '../../../ui/action';
import { Button } from '../../../ui/Button';
import { duration } from '../../../ui/format';
import { Facts } from '../../../ui/Page';
import { Failure } from '../../../ui/states';
import { Time } from '../../../ui/Time';
import { trans } from '../../../words';

/** When a view or service is materialised, each with a way to take it away. */
export function Schedules(props: { schedules: readonly MaterializationSchedule[]; refused?: string | undefined; onDelete: (id: string) => Promise<void> }): React.JSX.Element {
  if (props.schedules.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('It is materialised when somebody asks for it.')}</p>;
  }
  return (
    <>
      {props.schedules.map(schedule => (
        <ScheduleBox key={schedule.id} schedule={schedule} refused={props.refused} onDelete={() => props.onDelete(schedule.id)} />
      ))}
    </>
  );
}

function ScheduleBox(props: { schedule: MaterializationSchedule; refused: string | undefined; onDelete: () => Promise<void> }): React.JSX.Element {
  const { schedule } = props;
  const remove = useAction(props.onDelete);
  return (
    <div className="jp-octavo-Schedule">
      <Facts
        facts={[
          [trans.__('Covers'), schedule.kind === 'service' ? trans.__('service %1', schedule.name) : schedule.name],
          [trans.__('Cron'), <code key="cron">{schedule.cron}</code>],
          [trans.__('Time zone'), schedule.time_zone],
          [trans.__('Next'), <Time key="next" at={schedule.next_at} none={trans.__('never again')} />],
          [trans.__('Reaches back'), duration(schedule.overlap_minutes * 60)],
          [trans.__('Made by'), schedule.created_by]
        ]}
      />
      {remove.error && <Failure error={remove.error} />}
      <Button busy={remove.busy} refused={props.refused} label={trans.__('Delete schedule %1', schedule.cron)} onClick={() => remove.run()}>
        {trans.__('Delete')}
      </Button>
    </div>
  );
}
