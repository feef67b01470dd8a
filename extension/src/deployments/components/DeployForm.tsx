import * as React from 'react';

import type { DeploymentRequestBody } from '../../api/deployments';
import type { ModelVersion } from '../../api/registry';
import type { ProfileCard } from '../../api/workspaces';
import { useAction } from '../../ui/action';
import { Choice, TextArea, TextField } from '../../ui/Fields';
import { Form } from '../../ui/form';
import { trans } from '../../words';
import { firstProfile, ProfileField } from '../../workspaces/components/ProfileField';
import type { IValues } from '../asking';
import { bodyOf, fault, firstValues, planOf } from '../asking';
import { planSentences } from '../words';
import { PlanFields } from './PlanFields';
import { PromiseFields } from './PromiseFields';

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

/** Versions, then aliases: what is asked for by an alias has to be what the alias names when it goes live. */
function choices(versions: readonly ModelVersion[]): { value: string; label: string }[] {
  return [
    ...versions.map(one => ({ value: String(one.version), label: [`v${one.version}`, ...one.aliases].join(' · ') })),
    ...versions.flatMap(one => one.aliases.map(alias => ({ value: `@${alias}`, label: trans.__('%1, now v%2', alias, one.version) })))
  ];
}

/** What shall go live where, how it takes over, what it promises and who answers for it. */
export function DeployForm(props: IDeployFormProps): React.JSX.Element {
  const known = props.existing[0];
  const before = props.runsOn ?? new Map<string, string>();
  const [values, setValues] = React.useState<IValues>(() => firstValues(known, props.model, props.version, firstProfile(props.profiles, before.get(known ?? ''))));
  const set = (change: Partial<IValues>): void => setValues({ ...values, ...change });
  const action = useAction(() => props.onRequest(bodyOf(props.model, values)));
  const blocked = fault(values);
  return (
    <Form
      submit={trans.__('Request deployment')}
      busy={action.busy}
      error={action.error}
      blocked={blocked}
      note={blocked ? undefined : trans.__('Once a reviewer approves: %1', planSentences(planOf(values)).join(' '))}
      onSubmit={action.run}
      onCancel={props.onCancel}
    >
      <div className="jp-octavo-Form-columns">
        <TextField label={trans.__('Deployment')} value={values.deployment} maxLength={63} suggestions={props.existing} help={trans.__('A new name makes a new deployment.')} onChange={deployment => set({ deployment })} />
        <Choice label={trans.__('Version of %1', props.model)} value={values.version} options={choices(props.versions)} onChange={version => set({ version })} />
        <Choice
          label={trans.__('Environment')}
          value={values.environment}
          options={(['dev', 'test', 'prod'] as const).map(value => ({ value, label: value }))}
          onChange={environment => set({ environment: environment as IValues['environment'] })}
        />
        <ProfileField cards={props.profiles} value={values.profile} before={before.get(values.deployment)} onChange={profile => set({ profile })} />
        <TextField label={trans.__('Owner')} value={values.owner} maxLength={255} help={trans.__('Who answers for it; empty: you.')} onChange={owner => set({ owner })} />
      </div>
      <PlanFields values={values} onChange={set} />
      <PromiseFields values={values} onChange={set} />
      <TextArea label={trans.__('Reason')} value={values.reason} maxLength={2000} help={trans.__('One sentence a reviewer can judge.')} onChange={reason => set({ reason })} />
    </Form>
  );
}
