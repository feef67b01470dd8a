import * as React from 'react';

import { Button } from '../../ui/Button';
import { Choice, TextField } from '../../ui/Fields';
import { trans } from '../../words';
import type { IRunsAsked, Range } from '../filter';
import { narrowed } from '../filter';

const ALL = { value: '', label: '' } as const;
const TYPED_MS = 400;

interface IOption {
  value: string;
  label: string;
}

const any = (label: string): IOption => ({ ...ALL, label });

const STATES = (): IOption[] => [
  any(trans.__('any state')),
  { value: 'queued', label: trans.__('queued') },
  { value: 'running', label: trans.__('running') },
  { value: 'succeeded', label: trans.__('succeeded') },
  { value: 'failed', label: trans.__('failed') },
  { value: 'cancelled', label: trans.__('cancelled') },
  { value: 'refused', label: trans.__('refused') },
  { value: 'unknown', label: trans.__('unknown') }
];

const VERDICTS = (): IOption[] => [
  any(trans.__('any verdict')),
  { value: 'identical', label: trans.__('identical') },
  { value: 'equivalent', label: trans.__('equivalent') },
  { value: 'different', label: trans.__('different') },
  { value: 'not_compared', label: trans.__('not compared') }
];

const TRIGGERS = (): IOption[] => [
  any(trans.__('anything')),
  { value: 'manual', label: trans.__('a person') },
  { value: 'schedule', label: trans.__('a schedule') },
  { value: 'hand_off', label: trans.__('a hand-off') }
];

const RANGES = (): { value: Range; label: string }[] => [
  { value: 'hour', label: trans.__('last hour') },
  { value: 'day', label: trans.__('last 24 hours') },
  { value: 'week', label: trans.__('last 7 days') },
  { value: 'month', label: trans.__('last 30 days') },
  { value: 'all', label: trans.__('all the time') },
  { value: 'dates', label: trans.__('from day to day') }
];

/** Props of the filters. */
export interface IRunFiltersProps {
  asked: IRunsAsked;
  /** Names of the project's pipelines. */
  pipelines: readonly string[];
  onAsk: (change: Partial<IRunsAsked>) => void;
}

/** Which runs are shown. */
export function RunFilters(props: IRunFiltersProps): React.JSX.Element {
  const { asked, onAsk } = props;
  const pipelines = [any(trans.__('all pipelines')), ...props.pipelines.map(name => ({ value: name, label: name }))];
  const clear = (): void => onAsk({ pipeline: '', state: '', trigger: '', verdict: '', person: '' });
  return (
    <div className="jp-octavo-RunFilters" role="search" aria-label={trans.__('Filter runs')}>
      <Choice label={trans.__('Pipeline')} value={asked.pipeline} options={pipelines} onChange={pipeline => onAsk({ pipeline })} />
      <Choice label={trans.__('State')} value={asked.state} options={STATES()} onChange={state => onAsk({ state: state as IRunsAsked['state'] })} />
      <Choice label={trans.__('Started by')} value={asked.trigger} options={TRIGGERS()} onChange={trigger => onAsk({ trigger })} />
      <Choice label={trans.__('Verdict')} value={asked.verdict} options={VERDICTS()} onChange={verdict => onAsk({ verdict })} />
      <Person key={asked.person} person={asked.person} onAsk={person => onAsk({ person })} />
      <Choice label={trans.__('When')} value={asked.range} options={RANGES()} onChange={range => onAsk({ range: range as Range })} />
      {asked.range === 'dates' && (
        <>
          <TextField label={trans.__('From')} type="date" value={asked.from} onChange={from => onAsk({ from })} />
          <TextField label={trans.__('To')} type="date" value={asked.to} error={backwards(asked)} onChange={to => onAsk({ to })} />
        </>
      )}
      {narrowed(asked) && (
        <Button kind="quiet" onClick={clear}>
          {trans.__('Clear filters')}
        </Button>
      )}
    </div>
  );
}

function backwards(asked: IRunsAsked): string | undefined {
  return asked.from && asked.to && asked.to < asked.from ? trans.__('It is before %1.', asked.from) : undefined;
}

/** A person's name, used a moment after the last key. */
function Person(props: { person: string; onAsk: (person: string) => void }): React.JSX.Element {
  const [typed, setTyped] = React.useState(props.person);
  const { person, onAsk } = props;
  const ask = React.useRef(onAsk);
  ask.current = onAsk;
  React.useEffect(() => {
    const timer = typed === person ? 0 : window.setTimeout(() => ask.current(typed), TYPED_MS);
    return () => window.clearTimeout(timer);
  }, [typed, person]);
  return <TextField label={trans.__('Person')} type="search" maxLength={64} value={typed} onChange={setTyped} />;
}
