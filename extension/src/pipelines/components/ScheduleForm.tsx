import * as React from 'react';

import type { Pipeline, ScheduleRequest } from '../../api/pipelines';
import { ParameterFields } from '../../notebooks/components/ParameterFields';
import { fault, parsed, typed } from '../../notebooks/components/parameters';
import { useAction } from '../../ui/action';
import { Choice, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';
import { CronFields, useClockwork } from './CronFields';

const MOST_HOURS = 8760;

const CATCH_UP = (): { value: string; label: string }[] => [
  { value: 'latest', label: trans.__('make up for the last one') },
  { value: 'all', label: trans.__('make up for all') },
  { value: 'skip', label: trans.__('let them pass') }
];

function isAge(hours: string): boolean {
  return hours.trim() === '' || (/^\d+(\.\d+)?$/.test(hours.trim()) && Number(hours) >= 1 && Number(hours) <= MOST_HOURS);
}

/** Props of the schedule form. */
export interface IScheduleFormProps {
  pipeline: Pipeline;
  zones: readonly string[];
  onSchedule: (body: ScheduleRequest) => Promise<unknown>;
  onCancel: () => void;
}

/** When a pipeline runs, and what it is given; says the next five times before it is saved. */
export function ScheduleForm(props: IScheduleFormProps): React.JSX.Element {
  const { pipeline } = props;
  const clockwork = useClockwork();
  const [values, setValues] = React.useState(() => typed(pipeline.parameters));
  const wrongValue = pipeline.parameters.map(parameter => fault(parameter, values[parameter.name] ?? '')).find(Boolean);
  const [catchUp, setCatchUp] = React.useState<ScheduleRequest['catch_up']>('latest');
  const [age, setAge] = React.useState('24');
  const wrongAge = catchUp === 'skip' || isAge(age) ? undefined : trans.__('%1 is no number of hours from 1 to 8,760; empty: any age.', age);
  const action = useAction(() =>
    props.onSchedule({
      cron: clockwork.cron.trim(),
      time_zone: clockwork.zone,
      parameters: parsed(pipeline.parameters, values),
      catch_up: catchUp,
      max_age_hours: catchUp === 'skip' || age.trim() === '' ? null : Number(age)
    })
  );
  return (
    <Form
      submit={trans.__('Schedule')}
      busy={action.busy}
      error={action.error}
      blocked={clockwork.wrongCron ?? clockwork.wrongZone ?? wrongAge ?? wrongValue}
      note={trans.__('Each run is booked on the project.')}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <CronFields clockwork={clockwork} zones={props.zones} />
      <div className="jp-octavo-Form-columns">
        <Choice label={trans.__('Missed times')} value={catchUp} options={CATCH_UP()} help={trans.__('When the platform was down or the schedule was paused.')} onChange={value => setCatchUp(value as ScheduleRequest['catch_up'])} />
        {catchUp !== 'skip' && <TextField label={trans.__('No older than')} type="number" value={age} error={wrongAge} help={trans.__('Hours; empty: any age.')} onChange={setAge} />}
      </div>
      <h3>{trans.__('Parameters')}</h3>
      <ParameterFields parameters={pipeline.parameters} values={values} onChange={setValues} />
    </Form>
  );
}
