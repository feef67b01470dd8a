import * as React from 'react';

import type { PipelineTrigger } from '../../api/definitions';
import type { Schedule } from '../../api/pipelines';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/Button';
import { Chip } from '../../ui/Chip';
import { Facts } from '../../ui/Page';
import { Failure } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { wallTime } from './cron';

/** What becomes of times that were missed, in words. */
export function catchUpWords(schedule: Schedule): string {
  const age = schedule.max_age_hours ? trans.__(', none older than %1 h', schedule.max_age_hours) : '';
  switch (schedule.catch_up) {
    case 'all':
      return `${trans.__('made up for')}${age}`;
    case 'latest':
      return `${trans.__('the last one is made up for')}${age}`;
    case 'skip':
      return trans.__('pass by');
  }
}

/** Props of a schedule. */
export interface IScheduleBoxProps {
  schedule: Schedule;
  refused: string | undefined;
  onPause: (pause: boolean) => Promise<void>;
  onDelete: () => Promise<void>;
}

/** A schedule: its line, its next five times in its own zone, pause and delete. */
export function ScheduleBox(props: IScheduleBoxProps): React.JSX.Element {
  const { schedule, refused } = props;
  const step = useAction((action: () => Promise<void>) => action());
  return (
    <div className="jp-octavo-Schedule">
      <Facts
        facts={[
          [trans.__('Cron'), <code key="cron">{schedule.cron}</code>],
          [trans.__('Time zone'), schedule.time_zone],
          [trans.__('Next'), schedule.paused ? <Chip key="paused" tone="warn">{trans.__('paused')}</Chip> : <Time key="next" at={schedule.next_at} none={trans.__('never again')} />],
          [trans.__('Missed times'), catchUpWords(schedule)],
          [trans.__('Made by'), schedule.created_by]
        ]}
      />
      {!schedule.paused && schedule.upcoming.length > 0 && (
        <ol className="jp-octavo-Sentences" aria-label={trans.__('Next times of %1', schedule.cron)}>
          {schedule.upcoming.map(at => (
            <li key={at}>{wallTime(new Date(at), schedule.time_zone)}</li>
          ))}
        </ol>
      )}
      {step.error && <Failure error={step.error} />}
      <Button busy={step.busy} refused={refused} label={schedule.paused ? trans.__('Let schedule %1 go on', schedule.cron) : trans.__('Pause schedule %1', schedule.cron)} onClick={() => step.run(() => props.onPause(!schedule.paused))}>
        {schedule.paused ? trans.__('Go on') : trans.__('Pause')}
      </Button>{' '}
      <Button busy={step.busy} refused={refused} label={trans.__('Delete schedule %1', schedule.cron)} onClick={() => step.run(props.onDelete)}>
        {trans.__('Delete')}
      </Button>
    </div>
  );
}

/** Props of a trigger. */
export interface ITriggerBoxProps {
  trigger: PipelineTrigger;
  refused: string | undefined;
  onOpen: (run: string) => void;
  onDelete: () => Promise<void>;
}

/** What else starts the pipeline: new data, or the end of another pipeline's run. */
export function TriggerBox(props: ITriggerBoxProps): React.JSX.Element {
  const { trigger, refused } = props;
  const remove = useAction(props.onDelete);
  const last = trigger.last_run;
  return (
    <div className="jp-octavo-Schedule">
      <p>{trigger.on === 'data' ? trans.__('When %1 has changed and stayed so for %2 s', trigger.source, trigger.settle_s) : trans.__('When a run of %1 has ended: %2', trigger.source, trigger.ended)}</p>
      {remove.error && <Failure error={remove.error} />}
      {last && (
        <Button kind="quiet" onClick={() => props.onOpen(last)}>
          {trans.__('Its last run')}
        </Button>
      )}
      <Button busy={remove.busy} refused={refused} label={trans.__('Delete the trigger of %1', trigger.source)} onClick={() => remove.run()}>
        {trans.__('Delete')}
      </Button>
    </div>
  );
}
