import { checkIcon, circleEmptyIcon, closeIcon, errorIcon, runningIcon } from '@jupyterlab/ui-components';
import type { LabIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { Registration } from '../../api/registry';
import { useAction } from '../../ui/action';
import { Progress } from '../../ui/bars';
import { Button } from '../../ui/Button';
import { bytes } from '../../ui/format';
import { Failure } from '../../ui/states';
import { Time } from '../../ui/Time';
import { trans } from '../../words';
import { isUnderWay } from '../registering';
import type { IRegisteringState, Registering } from '../registering';

const STEPS = ['copy', 'scan', 'trial', 'convert', 'sign'] as const;

type Place = 'before' | 'now' | 'past' | 'failed' | 'cancelled';

const ICONS: Record<Place, LabIcon> = { before: circleEmptyIcon, now: runningIcon, past: checkIcon, failed: errorIcon, cancelled: closeIcon };

/** What a step does, in words. */
export function stepWords(step: (typeof STEPS)[number]): string {
  return {
    copy: trans.__('Copy and hash the files'),
    scan: trans.__('Scan them'),
    trial: trans.__('Try it on its example, in a sandbox'),
    convert: trans.__('Make a faster form, kept where its answers match'),
    sign: trans.__('Sign')
  }[step];
}

/** Redraw with a registration. */
export function useRegistering(registering: Registering): IRegisteringState {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        registering.changed.connect(notify);
        return () => {
          registering.changed.disconnect(notify);
        };
      },
      [registering]
    ),
    () => registering.state
  );
}

/** How far a registration is, with the way to stop it; it goes on when nobody looks. */
export function RegistrationSteps(props: { registering: Registering; onHide: () => void; onBack?: () => void }): React.JSX.Element {
  const { registering } = props;
  const { registration, error } = useRegistering(registering);
  const cancel = useAction(() => registering.cancel());
  const going = isUnderWay(registration);
  const stopping = registration.cancel_requested_by !== null && going;
  return (
    <div className="jp-octavo-Form jp-octavo-Registration" role="group" aria-label={trans.__('Registering %1', registration.name)}>
      <p className="jp-octavo-Form-body" role="status">
        {sentence(registration)}{' '}
        <span className="jp-octavo-Muted">
          {registration.ended_at ? '' : `${trans.__('asked for')} `}
          <Time at={registration.ended_at ?? registration.created_at} />
        </span>
      </p>
      <ol className="jp-octavo-Checklist" aria-label={trans.__('Steps')}>
        {STEPS.map(step => (
          <Step key={step} step={step} registration={registration} />
        ))}
      </ol>
      {registration.message && <Ending registration={registration} />}
      {error && going && <Failure error={error} compact />}
      {cancel.error && <Failure error={cancel.error} compact />}
      <div className="jp-octavo-Form-end">
        <span className="jp-octavo-Muted">{going ? trans.__('It goes on when you close this; a notice tells how it ended.') : ''}</span>
        {going ? (
          <Button busy={cancel.busy || stopping} onClick={() => cancel.run()}>
            {stopping ? trans.__('Stopping') : trans.__('Cancel registration')}
          </Button>
        ) : (
          props.onBack && <Button onClick={props.onBack}>{trans.__('Back to the form')}</Button>
        )}
        <Button kind={going ? 'plain' : 'primary'} onClick={props.onHide}>
          {going ? trans.__('Continue in background') : trans.__('Close')}
        </Button>
      </div>
    </div>
  );
}

/** Where a registration is, in a sentence. */
export function sentence(registration: Registration): string {
  const { name, state, label, version, cancel_requested_by: by } = registration;
  switch (state) {
    case 'queued':
      return trans.__('%1 waits for its turn.', name);
    case 'running':
      return trans.__('%1: %2', name, label);
    case 'done':
      return trans.__('%1 v%2 is registered.', name, version ?? '');
    case 'cancelled':
      return by ? trans.__('%1 was cancelled by %2.', name, by) : trans.__('%1 was cancelled.', name);
    default:
      return trans.__('%1 was not registered.', name);
  }
}

function place(step: (typeof STEPS)[number], { step: at, state }: Registration): Place {
  const [mine, now] = [STEPS.indexOf(step), at === 'queued' ? -1 : at === 'done' ? STEPS.length : STEPS.indexOf(at)];
  if (state === 'done' || mine < now) {
    return 'past';
  }
  if (mine > now) {
    return 'before';
  }
  return state === 'failed' ? 'failed' : state === 'cancelled' ? 'cancelled' : 'now';
}

function Step(props: { step: (typeof STEPS)[number]; registration: Registration }): React.JSX.Element {
  const { step, registration } = props;
  const at = place(step, registration);
  const Icon = ICONS[at];
  const words = { before: trans.__('to come'), now: trans.__('under way'), past: trans.__('done'), failed: trans.__('failed'), cancelled: trans.__('stopped') };
  const copying = step === 'copy' && at === 'now';
  return (
    <li className={`jp-mod-${at}`} aria-current={at === 'now' ? 'step' : undefined}>
      <Icon.react tag="span" className="jp-octavo-Checklist-icon" />
      <div>
        <span>{stepWords(step)}</span> <span className="jp-octavo-Muted">{words[at]}</span>
        {copying && registration.total > 0 && <p className="jp-octavo-Muted jp-octavo-Number">{trans.__('%1 of %2', bytes(registration.done), bytes(registration.total))}</p>}
        {at === 'now' && <Progress label={stepWords(step)} done={copying ? registration.done : 0} all={copying ? registration.total : 0} />}
      </div>
    </li>
  );
}

function Ending(props: { registration: Registration }): React.JSX.Element {
  const { message, remedy } = props.registration;
  return (
    <div role="alert" className="jp-octavo-Failure">
      <errorIcon.react tag="span" className="jp-octavo-Failure-icon" />
      <div className="jp-octavo-Failure-text">
        <p>{message}</p>
        {remedy && <p className="jp-octavo-Muted">{remedy}</p>}
      </div>
    </div>
  );
}
