import * as React from 'react';

import type { MaterializationScheduleRequest } from '../../../api/materialization';
import { CronFields, useClockwork } from '../../../pipelines/components/CronFields';
import { useAction } from '../../../ui/action';
import { Choice } from '../../../ui/Fields';
import { Form } from '../../../ui/form';
import { trans } from '../../../words';

/** When a materialisation is due. */
export type Timing = Omit<MaterializationScheduleRequest, 'kind' | 'name'>;

/** When a view or service is materialised; says the next five times before it is saved. */
export function ClockForm(props: { zones: readonly string[]; onSchedule: (timing: Timing) => Promise<unknown>; onCancel: () => void }): React.JSX.Element {
  const clockwork = useClockwork('0 * * * *');
  const [overlap, setOverlap] = React.useState('60');
  const action = useAction(() => props.onSchedule({ cron: clockwork.cron.trim(), time_zone: clockwork.zone, overlap_minutes: Number(overlap) }));
  return (
    <Form
      submit={trans.__('Schedule')}
      busy={action.busy}
      error={action.error}
      blocked={clockwork.wrongCron ?? clockwork.wrongZone}
      note={trans.__('Each job is booked on the project. After a pause one job makes up for all that was missed.')}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <CronFields clockwork={clockwork} zones={props.zones} />
      <Choice
        label={trans.__('Reach back')}
        value={overlap}
        options={[
          { value: '0', label: trans.__('Not at all') },
          { value: '60', label: trans.__('One hour') },
          { value: '1440', label: trans.__('One day') },
          { value: '10080', label: trans.__('One week') }
        ]}
        onChange={setOverlap}
        help={trans.__('For rows that reach the lake late.')}
      />
    </Form>
  );
}
