import * as React from 'react';

import type { DeploymentRequestBody } from '../../api/deployments';
import type { ModelVersion } from '../../api/registry';
import type { ProfileCard } from '../../api/workspaces';
import { useAction } from '../../ui/action';
import { Choice, TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';
import { firstProfile, ProfileField } from '../../workspaces/components/ProfileField';

const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const LEAST = 8;

/** Props of the deployment request form. */
export interface IDeployFormProps {
  model: string;
  version: number;
  versions: readonly ModelVersion[];
  profiles: readonly ProfileCard[];
  /** Names of deployments that serve this model already. */
  existing: readonly string[];
  /** The profile that each of them runs on now. */
  runsOn?: ReadonlyMap<string, string>;
  onRequest: (body: DeploymentRequestBody) => Promise<unknown>;
  onCancel: () => void;
}

interface IValues {
  deployment: string;
  version: string;
  environment: 'dev' | 'test' | 'prod';
  profile: string;
  share: string;
  latency: string;
  errors: string;
  drift: string;
  reason: string;
}

const positive = (text: string): boolean => Number(text) > 0;

/** The first thing that is wrong with the form; undefined when it can be sent. */
function fault(values: IValues): string | undefined {
  const share = Number(values.share);
  if (!NAME.test(values.deployment)) {
    return trans.__('A deployment name has lower-case letters, digits and dashes, at most 63.');
  }
  if (!Number.isInteger(share) || share < 1 || (share > 50 && share !== 100)) {
    return trans.__('A canary takes 1 to 50 percent; 100 takes over at once.');
  }
  if (!positive(values.latency) || !positive(values.drift) || !(Number(values.errors) >= 0 && Number(values.errors) <= 100)) {
    return trans.__('An objective is out of its range.');
  }
  if (!values.profile) {
    return trans.__('No profile is open to you here.');
  }
  return values.reason.trim().length < LEAST ? trans.__('Say why in a sentence of at least %1 characters.', LEAST) : undefined;
}

function body(model: string, values: IValues): DeploymentRequestBody {
  const percent = Number(values.share);
  return {
    deployment: values.deployment,
    model,
    version: Number(values.version),
    environment: values.environment,
    profile: values.profile,
    traffic: { kind: percent === 100 ? 'direct' : 'canary', percent },
    objectives: { latency_p95_ms: Number(values.latency), error_rate: Number(values.errors) / 100, drift_psi: Number(values.drift) },
    reason: values.reason.trim()
  };
}

/** What shall go live where, how fast it takes over, and what it promises. */
export function DeployForm(props: IDeployFormProps): React.JSX.Element {
  const known = props.existing[0];
  const before = props.runsOn ?? new Map<string, string>();
  const [values, setValues] = React.useState<IValues>({
    deployment: known ?? props.model,
    version: String(props.version),
    environment: 'prod',
    profile: firstProfile(props.profiles, before.get(known ?? '')),
    share: known ? '10' : '100',
    latency: '250',
    errors: '1',
    drift: '0.2',
    reason: ''
  });
  const set = (change: Partial<IValues>): void => setValues({ ...values, ...change });
  const action = useAction(() => props.onRequest(body(props.model, values)));
  const canary = Number(values.share) < 100;
  return (
    <Form
      submit={trans.__('Request deployment')}
      busy={action.busy}
      error={action.error}
      blocked={fault(values)}
      note={canary ? trans.__('Once a reviewer approves, v%1 takes %2 % of the requests until it is promoted or rolled back.', values.version, values.share) : trans.__('Once a reviewer approves, v%1 takes all requests.', values.version)}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <div className="jp-octavo-Form-columns">
        <TextField label={trans.__('Deployment')} value={values.deployment} maxLength={63} suggestions={props.existing} help={trans.__('A new name makes a new deployment.')} onChange={deployment => set({ deployment })} />
        <Choice label={trans.__('Version of %1', props.model)} value={values.version} options={props.versions.map(one => ({ value: String(one.version), label: [`v${one.version}`, ...one.aliases].join(' · ') }))} onChange={version => set({ version })} />
        <Choice
          label={trans.__('Environment')}
          value={values.environment}
          options={(['dev', 'test', 'prod'] as const).map(value => ({ value, label: value }))}
          onChange={environment => set({ environment: environment as IValues['environment'] })}
        />
        <ProfileField cards={props.profiles} value={values.profile} before={before.get(values.deployment)} onChange={profile => set({ profile })} />
        <TextField label={trans.__('Share of the requests')} type="number" value={values.share} maxLength={3} help={trans.__('Percent: 1 to 50 for a canary, 100 to take over at once.')} onChange={share => set({ share })} />
        <TextField label={trans.__('Latency it promises')} type="number" value={values.latency} maxLength={8} help={trans.__('95th percentile, milliseconds')} onChange={latency => set({ latency })} />
        <TextField label={trans.__('Errors it allows')} type="number" value={values.errors} maxLength={6} help={trans.__('Percent of the requests')} onChange={errors => set({ errors })} />
        <TextField label={trans.__('Drift that alerts')} type="number" value={values.drift} maxLength={6} help={trans.__('Population stability index of a feature')} onChange={drift => set({ drift })} />
      </div>
      <TextArea label={trans.__('Reason')} value={values.reason} maxLength={2000} help={trans.__('One sentence a reviewer can judge.')} onChange={reason => set({ reason })} />
    </Form>
  );
}
