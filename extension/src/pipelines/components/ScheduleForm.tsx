import * as React from 'react';

import type { Pipeline, ScheduleRequest } from '../../api/pipelines';
import { ParameterFields } from '../../notebooks/components/ParameterFields';
import { fault, parsed, typed } from '../../notebooks/components/parameters';
import { useAction } from '../../ui/action';
import { Choice, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { relative } from '../../ui/format';
import { useNow } from '../../ui/Time';
import { trans } from '../../words';
import { knowsZone, nextTimes, parseCron, wallTime } from './cron';

const SHOWN = 3;

const PRESETS = (): { value: string; label: string }[] => [
  { value: '0 5 * * *', label: trans.__('Every day at 05:00') },
  { value: '0 5 * * 1-5', label: trans.__('Every weekday at 05:00') },
  { value: '0 5 * * 1', label: trans.__('Every Monday at 05:00') },
  { value: '0 * * * *', label: trans.__('Every hour') },
  { value: '0 5 1 * *', label: trans.__('On the first of each month at 05:00') },
  { value: '', label: trans.__('An own cron line') }
];

/** Props of the schedule form. */
export interface IScheduleFormProps {
  pipeline: Pipeline;
  zones: readonly string[];
  onSchedule: (body: ScheduleRequest) => Promise<unknown>;
  onCancel: () => void;
}

/** When a pipeline runs, and what it is given; says the next three times before it is saved. */
export function ScheduleForm(props: IScheduleFormProps): React.JSX.Element {
  const { pipeline } = props;
  const [cron, setCron] = React.useState('0 5 * * *');
  const [zone, setZone] = React.useState('UTC');
  const [values, setValues] = React.useState(() => typed(pipeline.parameters));
  const now = useNow();
  const read = parseCron(cron);
  const wrongZone = knowsZone(zone) ? undefined : trans.__('%1 is no IANA time zone such as Europe/Berlin.', zone || trans.__('nothing'));
  const wrongCron = typeof read === 'string' ? read : undefined;
  const wrongValue = pipeline.parameters.map(parameter => fault(parameter, values[parameter.name] ?? '')).find(Boolean);
  const times = typeof read === 'string' || wrongZone ? [] : nextTimes(read, zone, now, SHOWN);
  const never = !wrongCron && !wrongZone && times.length === 0 ? trans.__('That day never comes.') : undefined;
  const action = useAction(() => props.onSchedule({ cron: cron.trim(), time_zone: zone, parameters: parsed(pipeline.parameters, values) }));
  const preset = PRESETS().some(one => one.value === cron) ? cron : '';
  return (
    <Form
      submit={trans.__('Schedule')}
      busy={action.busy}
      error={action.error}
      blocked={wrongCron ?? wrongZone ?? never ?? wrongValue}
      note={trans.__('Each run is booked on the project.')}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <div className="jp-octavo-Form-columns">
        <Choice label={trans.__('When')} value={preset} options={PRESETS()} onChange={value => setCron(value || '30 5 * * *')} />
        <TextField label={trans.__('Cron line')} value={cron} maxLength={120} error={wrongCron ?? never} help={trans.__('minute hour day month weekday')} onChange={setCron} />
        <TextField label={trans.__('Time zone')} value={zone} maxLength={64} suggestions={props.zones} error={wrongZone} help={trans.__('IANA name; clocks that change are followed.')} onChange={setZone} />
      </div>
      <ol className="jp-octavo-Sentences" aria-label={trans.__('Next times')}>
        {times.map(at => (
          <li key={at.getTime()}>
            {wallTime(at, zone)} <span className="jp-octavo-Muted">{relative(at, now)}</span>
          </li>
        ))}
      </ol>
      <h3>{trans.__('Parameters')}</h3>
      <ParameterFields parameters={pipeline.parameters} values={values} onChange={setValues} />
    </Form>
  );
}
