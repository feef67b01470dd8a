import * as React from 'react';

import type { BackfillRequest } from '../../api/definitions';
import type { Pipeline } from '../../api/pipelines';
import { ParameterFields } from '../../notebooks/components/ParameterFields';
import { fault, parsed, typed } from '../../notebooks/components/parameters';
import { useAction } from '../../ui/action';
import { Check, Choice, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { Empty } from '../../ui/states';
import { trans } from '../../words';

const MOST_DAYS = 1000;
const MOST_AT_A_TIME = 50;
const DAY_MS = 86_400_000;

/** How many days a range has, both ends counted; a string says what is wrong with it. */
export function daysOf(first: string, last: string): number | string {
  const [from, to] = [Date.parse(first), Date.parse(last)];
  if (Number.isNaN(from) || Number.isNaN(to)) {
    return trans.__('Choose the first and the last day.');
  }
  const days = Math.round((to - from) / DAY_MS) + 1;
  if (days < 1) {
    return trans.__('%1 is before %2.', last, first);
  }
  return days > MOST_DAYS ? trans.__('%1 days are more than the %2 of one backfill; make several.', days, MOST_DAYS) : days;
}

/** Props of the form. */
export interface IBackfillFormProps {
  pipeline: Pipeline;
  onBackfill: (body: BackfillRequest) => Promise<unknown>;
  onCancel: () => void;
}

/** Which days a pipeline is run for, and how many at a time. */
export function BackfillForm(props: IBackfillFormProps): React.JSX.Element {
  const { pipeline } = props;
  const dates = pipeline.parameters.filter(parameter => parameter.type === 'date').map(parameter => parameter.name);
  return dates.length === 0 ? <Empty title={trans.__('%1 has no parameter that is a date', pipeline.name)}>{trans.__('A backfill gives each run its day as a parameter.')}</Empty> : <Fields {...props} dates={dates} />;
}

function Fields(props: IBackfillFormProps & { dates: readonly string[] }): React.JSX.Element {
  const { pipeline, dates } = props;
  const [parameter, setParameter] = React.useState(dates[0] ?? '');
  const [first, setFirst] = React.useState('');
  const [last, setLast] = React.useState('');
  const [together, setTogether] = React.useState('2');
  const [newest, setNewest] = React.useState(false);
  const [values, setValues] = React.useState(() => typed(pipeline.parameters));
  const others = pipeline.parameters.filter(one => one.name !== parameter);
  const days = daysOf(first, last);
  const count = /^\d+$/.test(together.trim()) ? Number(together) : 0;
  const wrongCount = count >= 1 && count <= MOST_AT_A_TIME ? undefined : trans.__('%1 is no number from 1 to %2.', together || trans.__('nothing'), MOST_AT_A_TIME);
  const wrongValue = others.map(one => fault(one, values[one.name] ?? '')).find(Boolean);
  const action = useAction(() => props.onBackfill({ parameter, first, last, at_a_time: count, newest_first: newest, parameters: parsed(others, values) }));
  return (
    <Form
      submit={trans.__('Backfill')}
      busy={action.busy}
      error={action.error}
      blocked={typeof days === 'string' ? days : (wrongCount ?? wrongValue)}
      note={typeof days === 'number' ? trans._n('Makes %1 run, booked on the project.', 'Makes %1 runs, booked on the project.', days) : undefined}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <div className="jp-octavo-Form-columns">
        <Choice label={trans.__('The day is given as')} value={parameter} options={dates.map(name => ({ value: name, label: name }))} onChange={setParameter} />
        <TextField label={trans.__('First day')} type="date" value={first} onChange={setFirst} />
        <TextField label={trans.__('Last day')} type="date" value={last} help={trans.__('Counted too.')} onChange={setLast} />
        <TextField label={trans.__('Runs at a time')} type="number" value={together} error={wrongCount} onChange={setTogether} />
      </div>
      <Check label={trans.__('Begin with the last day')} checked={newest} onChange={setNewest} />
      {others.length > 0 && (
        <>
          <h3>{trans.__('Parameters')}</h3>
          <ParameterFields parameters={others} values={values} onChange={setValues} />
        </>
      )}
    </Form>
  );
}
