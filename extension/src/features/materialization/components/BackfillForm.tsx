import * as React from 'react';

import type { MaterializationPlan, MaterializationRequest } from '../../../api/materialization';
import type { OctavoError } from '../../../request';
import { asOctavoError } from '../../../request';
import { useAction } from '../../../ui/action';
import { Choice, TextField } from '../../../ui/Fields';
import { Form } from '../../../ui/form';
import { duration } from '../../../ui/format';
import { Facts } from '../../../ui/Page';
import { Failure } from '../../../ui/states';
import { trans } from '../../../words';
import { cost, spanOf } from './states';

const SETTLE_MS = 300;
const DAY_MS = 86_400_000;

/** Which event times a job is about. */
export type Span = Omit<MaterializationRequest, 'kind' | 'name'>;

/** Props of the form of a job. */
export interface IBackfillFormProps {
  /** Whether it begins with a span of days; else with going on from the last end. */
  backfill: boolean;
  /** Event time of the newest row; a backfill's days end there. */
  newest?: string | null | undefined;
  plan: (span: Span, signal: AbortSignal) => Promise<MaterializationPlan>;
  onStart: (span: Span) => Promise<unknown>;
  onCancel: () => void;
}

const WINDOWS = (): { value: string; label: string }[] => [
  { value: '', label: trans.__('All in one window') },
  { value: '24', label: trans.__('One day each') },
  { value: '168', label: trans.__('One week each') },
  { value: '720', label: trans.__('30 days each') }
];

/** What to materialise; says windows, time and cost before anything happens. */
export function BackfillForm(props: IBackfillFormProps): React.JSX.Element {
  const [what, setWhat] = React.useState(props.backfill ? 'span' : 'on');
  const last = props.newest ? new Date(props.newest) : new Date();
  const [since, setSince] = React.useState(() => day(new Date(last.getTime() - 30 * DAY_MS)));
  const [until, setUntil] = React.useState(() => day(last));
  const [hours, setHours] = React.useState(props.backfill ? '168' : '');
  const span = what === 'on' ? goingOn(hours) : spanned(since, until, hours);
  const wrong = typeof span === 'string' ? span : undefined;
  const planned = usePlan(typeof span === 'string' ? null : span, props.plan);
  const action = useAction(() => (typeof span === 'string' ? Promise.resolve() : props.onStart(span)));
  const blocked = wrong ?? planned.plan?.refusal ?? (planned.plan ? undefined : trans.__('What it would do is being worked out.'));
  return (
    <Form submit={what === 'on' ? trans.__('Materialise') : trans.__('Backfill')} busy={action.busy} error={action.error} blocked={planned.error ? planned.error.message : (blocked ?? undefined)} note={trans.__('It is booked on the project. Newer values are never replaced by older ones.')} onSubmit={action.run} onCancel={props.onCancel}>
      <Choice
        label={trans.__('What')}
        value={what}
        options={[
          { value: 'on', label: trans.__('Go on from where the last one ended, until now') },
          { value: 'span', label: trans.__('Backfill a span of event times') }
        ]}
        onChange={setWhat}
      />
      <div className="jp-octavo-Form-columns">
        {what === 'span' && <TextField label={trans.__('From')} type="date" value={since} onChange={setSince} help={trans.__('Begin of this day, UTC')} />}
        {what === 'span' && <TextField label={trans.__('To')} type="date" value={until} error={wrong} onChange={setUntil} help={trans.__('End of this day, UTC')} />}
        <Choice label={trans.__('Windows')} value={hours} options={WINDOWS()} onChange={setHours} help={trans.__('Each window is committed for itself; a cancelled job keeps those that are done.')} />
      </div>
      {planned.error && <Failure error={planned.error} compact />}
      {planned.plan && !wrong && <Planned plan={planned.plan} />}
    </Form>
  );
}

function Planned(props: { plan: MaterializationPlan }): React.JSX.Element {
  const { plan } = props;
  return (
    <div role="status" aria-label={trans.__('What it will do')}>
      <Facts
        facts={[
          [trans.__('Event times'), spanOf(plan)],
          [trans.__('Views'), plan.views.join(', ')],
          [trans.__('Windows'), String(plan.windows)],
          [trans.__('Rows at most'), plan.rows === null ? trans.__('unknown') : plan.rows.toLocaleString('en-US')],
          [trans.__('Takes about'), duration(plan.seconds)],
          [trans.__('Costs about'), <strong key="cost">{trans.__('%1 (%2 at %3 € an hour)', cost(plan.cost_eur), plan.profile, plan.price_eur_per_hour.toFixed(2))}</strong>]
        ]}
      />
      <p className="jp-octavo-Muted">{plan.basis}</p>
    </div>
  );
}

interface IPlanned {
  plan: MaterializationPlan | null;
  error: OctavoError | null;
}

/** Ask for the plan of a span once it has settled; an answer that was overtaken is dropped. */
function usePlan(span: Span | null, ask: IBackfillFormProps['plan']): IPlanned {
  const [planned, setPlanned] = React.useState<IPlanned>({ plan: null, error: null });
  const key = JSON.stringify(span);
  React.useEffect(() => {
    const abort = new AbortController();
    setPlanned({ plan: null, error: null });
    const wanted = JSON.parse(key) as Span | null;
    const timer = window.setTimeout(() => {
      if (wanted) {
        ask(wanted, abort.signal)
          .then(plan => !abort.signal.aborted && setPlanned({ plan, error: null }))
          .catch(error => !abort.signal.aborted && setPlanned({ plan: null, error: asOctavoError(error) }));
      }
    }, SETTLE_MS);
    return () => {
      window.clearTimeout(timer);
      abort.abort();
    };
  }, [key, ask]);
  return planned;
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}

function goingOn(hours: string): Span {
  return hours ? { window_hours: Number(hours) } : {};
}

/** Return the span of whole days, or what is wrong with it; today ends now. */
export function spanned(since: string, until: string, hours: string, now: Date = new Date()): Span | string {
  const begin = new Date(`${since}T00:00:00Z`);
  const last = new Date(`${until}T00:00:00Z`);
  if (Number.isNaN(begin.getTime()) || Number.isNaN(last.getTime())) {
    return trans.__('Choose both days.');
  }
  const end = new Date(Math.min(last.getTime() + DAY_MS, now.getTime()));
  if (end <= begin) {
    return begin > now ? trans.__('That day has not come yet.') : trans.__('The last day is before the first.');
  }
  return { since: begin.toISOString(), until: end.toISOString(), ...goingOn(hours) };
}
