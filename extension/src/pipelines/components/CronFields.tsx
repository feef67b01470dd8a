import * as React from 'react';

import { Choice, TextField } from '../../ui/Fields';
import { relative } from '../../ui/format';
import { useNow } from '../../ui/Time';
import { trans } from '../../words';
import { knowsZone, nextTimes, parseCron, wallTime } from './cron';

const SHOWN = 5;

const PRESETS = (): { value: string; label: string }[] => [
  { value: '0 5 * * *', label: trans.__('Every day at 05:00') },
  { value: '0 5 * * 1-5', label: trans.__('Every weekday at 05:00') },
  { value: '0 5 * * 1', label: trans.__('Every Monday at 05:00') },
  { value: '0 * * * *', label: trans.__('Every hour') },
  { value: '0 5 1 * *', label: trans.__('On the first of each month at 05:00') },
  { value: '', label: trans.__('An own cron line') }
];

/** A cron line in a time zone, and why it can't be used as it is. */
export interface IClockwork {
  readonly cron: string;
  readonly zone: string;
  readonly times: readonly Date[];
  readonly wrongCron: string | undefined;
  readonly wrongZone: string | undefined;
  setCron(cron: string): void;
  setZone(zone: string): void;
}

/** Hold a cron line and its zone, and find its next times. */
export function useClockwork(firstCron = '0 5 * * *'): IClockwork {
  const [cron, setCron] = React.useState(firstCron);
  const [zone, setZone] = React.useState('UTC');
  const now = useNow();
  const read = parseCron(cron);
  const wrongZone = knowsZone(zone) ? undefined : trans.__('%1 is no IANA time zone such as Europe/Berlin.', zone || trans.__('nothing'));
  const times = typeof read === 'string' || wrongZone ? [] : nextTimes(read, zone, now, SHOWN);
  const never = typeof read !== 'string' && !wrongZone && times.length === 0 ? trans.__('That day never comes.') : undefined;
  return { cron, zone, times, wrongCron: typeof read === 'string' ? read : never, wrongZone, setCron, setZone };
}

/** The fields of a schedule: when, and in which zone; says the next five times. */
export function CronFields(props: { clockwork: IClockwork; zones: readonly string[] }): React.JSX.Element {
  const { clockwork } = props;
  const now = useNow();
  const preset = PRESETS().some(one => one.value === clockwork.cron) ? clockwork.cron : '';
  return (
    <>
      <div className="jp-octavo-Form-columns">
        <Choice label={trans.__('When')} value={preset} options={PRESETS()} onChange={value => clockwork.setCron(value || '30 5 * * *')} />
        <TextField label={trans.__('Cron line')} value={clockwork.cron} maxLength={120} error={clockwork.wrongCron} help={trans.__('minute hour day month weekday')} onChange={clockwork.setCron} />
        <TextField label={trans.__('Time zone')} value={clockwork.zone} maxLength={64} suggestions={props.zones} error={clockwork.wrongZone} help={trans.__('IANA name; clocks that change are followed.')} onChange={clockwork.setZone} />
      </div>
      <ol className="jp-octavo-Sentences" aria-label={trans.__('Next times')}>
        {clockwork.times.map(at => (
          <li key={at.getTime()}>
            {wallTime(at, clockwork.zone)} <span className="jp-octavo-Muted">{relative(at, now)}</span>
          </li>
        ))}
      </ol>
    </>
  );
}
