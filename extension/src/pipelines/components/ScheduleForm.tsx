import * as React from 'react';

import type { Pipeline, ScheduleRequest } from '../../api/pipelines';
import { ParameterFields } from '../../notebooks/components/ParameterFields';
import { fault, parsed, typed } from '../../notebooks/components/parameters';
import { useAction } from '../../ui/action';
import { Form } from '../../ui/form';
import { trans } from '../../words';
import { CronFields, useClockwork } from './CronFields';

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
  const clockwork = useClockwork();
  const [values, setValues] = React.useState(() => typed(pipeline.parameters));
  const wrongValue = pipeline.parameters.map(parameter => fault(parameter, values[parameter.name] ?? '')).find(Boolean);
  const action = useAction(() => props.onSchedule({ cron: clockwork.cron.trim(), time_zone: clockwork.zone, parameters: parsed(pipeline.parameters, values) }));
  return (
    <Form
      submit={trans.__('Schedule')}
      busy={action.busy}
      error={action.error}
      blocked={clockwork.wrongCron ?? clockwork.wrongZone ?? wrongValue}
      note={trans.__('Each run is booked on the project.')}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <CronFields clockwork={clockwork} zones={props.zones} />
      <h3>{trans.__('Parameters')}</h3>
      <ParameterFields parameters={pipeline.parameters} values={values} onChange={setValues} />
    </Form>
  );
}
