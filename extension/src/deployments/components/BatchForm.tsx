import * as React from 'react';

import type { BatchPlan, BatchRequest } from '../../api/batches';
import { useAction } from '../../ui/action';
import { Choice, TextField } from '../../ui/Fields';
import { bytes, money, shortDigest } from '../../ui/format';
import { Form } from '../../ui/form';
import { Facts } from '../../ui/Page';
import { trans } from '../../words';

const ALIAS = /^[a-z][a-z0-9-]{0,30}$/;
const VERSION = /^v?[1-9]\d{0,5}$/;
const MOST_FAILURES = 2000;

type Environment = NonNullable<BatchRequest['environment']>;

/** What is typed before a batch is started. */
export interface IBatchFormProps {
  model: string;
  /** Version that answers the deployment's requests now. */
  version: number | null;
  environment: Environment;
  onPlan: (body: BatchRequest) => Promise<BatchPlan>;
  onStart: (body: BatchRequest) => Promise<unknown>;
  onCancel: () => void;
}

interface ITyped {
  source: string;
  version: string;
  keep: string;
  failures: string;
  environment: Environment;
}

function fault(typed: ITyped): string | undefined {
  if (typed.source.trim() === '') {
    return trans.__('Name a file or folder of the project’s lake.');
  }
  if (!VERSION.test(typed.version.trim()) && !ALIAS.test(typed.version.trim())) {
    return trans.__('Name a version by its number, or an alias.');
  }
  const failures = Number(typed.failures);
  return typed.failures.trim() !== '' && Number.isInteger(failures) && failures >= 0 && failures <= MOST_FAILURES ? undefined : trans.__('Partitions that may fail are 0 to 2,000.');
}

function bodyOf(model: string, typed: ITyped): BatchRequest {
  const named = typed.version.trim();
  const version = VERSION.test(named) ? Number(named.replace('v', '')) : null;
  return {
    source: typed.source.trim(),
    model,
    version,
    alias: version === null ? named : null,
    environment: typed.environment,
    keep: [...new Set(typed.keep.split(',').map(one => one.trim()).filter(Boolean))],
    max_failures: Number(typed.failures)
  };
}

/** Asks what to score, says what that would be, and only then starts it. */
export function BatchForm(props: IBatchFormProps): React.JSX.Element {
  const [typed, setTyped] = React.useState<ITyped>({ source: '', version: props.version === null ? '' : String(props.version), keep: '', failures: '5', environment: props.environment });
  const [plan, setPlan] = React.useState<BatchPlan | null>(null);
  const change = (changed: Partial<ITyped>): void => {
    setTyped({ ...typed, ...changed });
    setPlan(null);
  };
  const body = bodyOf(props.model, typed);
  const action = useAction(async () => (plan ? props.onStart(body) : setPlan(await props.onPlan(body))));
  return (
    <Form
      submit={plan ? trans.__('Start batch') : trans.__('Show what it would do')}
      busy={action.busy}
      error={action.error}
      blocked={fault(typed) ?? plan?.refusal ?? undefined}
      note={plan ? trans.__('It goes on by itself and can be cancelled; what is committed stays.') : trans.__('Nothing is started yet.')}
      onSubmit={() => action.run()}
      onCancel={props.onCancel}
    >
      <TextField label={trans.__('File or folder of the lake')} value={typed.source} maxLength={300} placeholder={trans.__('curated/flights_late')} help={trans.__('Folders named column=value, or files, are scored one by one.')} onChange={source => change({ source })} />
      <div className="jp-octavo-Form-columns">
        <TextField label={trans.__('Version or alias of %1', props.model)} value={typed.version} maxLength={31} onChange={version => change({ version })} />
        <Choice label={trans.__('Meets the policy of')} value={typed.environment} options={['dev', 'test', 'prod'].map(value => ({ value, label: value }))} onChange={environment => change({ environment: environment as Environment })} />
        <TextField label={trans.__('Partitions that may fail')} type="number" value={typed.failures} maxLength={4} onChange={failures => change({ failures })} />
      </div>
      <TextField label={trans.__('Columns to keep')} value={typed.keep} maxLength={3000} help={trans.__('Several with commas between, such as keys to join by.')} onChange={keep => change({ keep })} />
      {plan && <PlanFacts plan={plan} />}
    </Form>
  );
}

function PlanFacts(props: { plan: BatchPlan }): React.JSX.Element {
  const { plan } = props;
  return (
    <div role="status">
      <Facts
        facts={[
          [trans.__('Scores'), trans._n('%1 partition, %2', '%1 partitions, %2', plan.partitions, bytes(plan.bytes))],
          [trans.__('With'), `${plan.model} v${plan.version} · ${shortDigest(plan.digest)}`],
          [trans.__('First'), plan.first.join(', ')],
          [trans.__('Price'), trans.__('%1 an hour (%2)', money(plan.price_eur_per_hour), plan.profile)]
        ]}
      />
    </div>
  );
}
