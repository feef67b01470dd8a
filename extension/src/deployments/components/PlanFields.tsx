import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { Button } from '../../ui/Button';
import { Check, Choice, TextField } from '../../ui/Fields';
import { trans } from '../../words';
import type { IStepText, IValues, Takeover } from '../asking';

/** Props of the fields that say how a version takes over. */
export interface IPlanFieldsProps {
  values: IValues;
  onChange: (change: Partial<IValues>) => void;
}

const takeovers = (): { value: Takeover; label: string }[] => [
  { value: 'direct', label: trans.__('At once: all requests') },
  { value: 'canary', label: trans.__('Canary: one share until promoted') },
  { value: 'steps', label: trans.__('Canary in steps, each judged') },
  { value: 'shadow', label: trans.__('Shadow: copies that nobody reads') }
];

/** How the version takes over: at once, with a share, in steps or with copies. */
export function PlanFields(props: IPlanFieldsProps): React.JSX.Element {
  const { values, onChange } = props;
  const copies = values.takeover === 'shadow' || values.shadowed;
  return (
    <fieldset className="jp-octavo-Plan">
      <legend>{trans.__('Traffic')}</legend>
      <div className="jp-octavo-Form-columns">
        <Choice label={trans.__('How it takes over')} value={values.takeover} options={takeovers()} onChange={takeover => onChange({ takeover: takeover as Takeover })} />
        {values.takeover === 'canary' && <TextField label={trans.__('Share of the requests')} type="number" value={values.share} maxLength={3} help={trans.__('Percent, 1 to 50')} onChange={share => onChange({ share })} />}
        {values.takeover === 'steps' && (
          <Choice
            label={trans.__('After the last step')}
            value={values.then}
            options={[
              { value: 'promote', label: trans.__('Take all requests') },
              { value: 'wait', label: trans.__('Wait for a person') }
            ]}
            onChange={then => onChange({ then: then as IValues['then'] })}
          />
        )}
      </div>
      {(values.takeover === 'canary' || values.takeover === 'steps') && (
        <Check label={trans.__('Copies of requests first')} help={trans.__('It answers copies that nobody reads before it takes a share.')} checked={values.shadowed} onChange={shadowed => onChange({ shadowed })} />
      )}
      {values.takeover !== 'direct' && copies && <StepRow name={trans.__('Copies')} step={values.shadow} onChange={shadow => onChange({ shadow })} />}
      {values.takeover === 'steps' && <Steps steps={values.steps} onChange={steps => onChange({ steps })} />}
    </fieldset>
  );
}

function Steps(props: { steps: readonly IStepText[]; onChange: (steps: readonly IStepText[]) => void }): React.JSX.Element {
  const { steps, onChange } = props;
  const last = steps[steps.length - 1];
  const next = (): IStepText => ({ percent: String(Math.min(99, Math.max(1, Number(last?.percent) || 5) * 2)), minutes: last?.minutes ?? '10', requests: last?.requests ?? '100' });
  return (
    <>
      {steps.map((step, index) => (
        <StepRow
          key={index}
          name={trans.__('Step %1', index + 1)}
          step={step}
          onChange={changed => onChange(steps.map((one, at) => (at === index ? changed : one)))}
          {...(steps.length > 1 ? { onRemove: () => onChange(steps.filter((_, at) => at !== index)) } : {})}
        />
      ))}
      <Button kind="quiet" icon={addIcon} refused={steps.length >= 10 ? trans.__('A plan has at most 10 steps.') : undefined} onClick={() => onChange([...steps, next()])}>
        {trans.__('Add a step')}
      </Button>
    </>
  );
}

/** One stage: its share, how long it is watched, how much it has to answer. */
function StepRow(props: { name: string; step: IStepText; onChange: (step: IStepText) => void; onRemove?: () => void }): React.JSX.Element {
  const { name, step, onChange } = props;
  return (
    <div className="jp-octavo-Plan-step" role="group" aria-label={name}>
      <b>{name}</b>
      <TextField label={trans.__('Percent')} type="number" value={step.percent} maxLength={3} onChange={percent => onChange({ ...step, percent })} />
      <TextField label={trans.__('At least, minutes')} type="number" value={step.minutes} maxLength={6} onChange={minutes => onChange({ ...step, minutes })} />
      <TextField label={trans.__('At least, requests')} type="number" value={step.requests} maxLength={7} onChange={requests => onChange({ ...step, requests })} />
      {props.onRemove && <Button kind="quiet" icon={closeIcon} label={trans.__('Remove %1', name)} onClick={props.onRemove} />}
    </div>
  );
}
