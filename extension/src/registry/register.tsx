import * as React from 'react';

import type { Registration, RegistrationDraft } from '../api/registry';
import { draftModel } from '../api/registry';
import { Resource } from '../resource';
import type { IOctavo } from '../tokens';
import { Await } from '../ui/states';
import { RegisterForm } from './components/RegisterForm';
import { RegistrationSteps, useRegistering } from './components/RegistrationSteps';
import { isUnderWay, Registering, tellEnd } from './registering';
import { LogForm } from './variables/components/LogForm';
import type { KernelModels } from './variables/model';
import type { ILogged, IModelVariable } from './variables/seen';

/** What a registration begins with. */
export interface IRegisterProps {
  octavo: IOctavo;
  project: string;
  run: string;
  /** Name and logged model to begin with. */
  first?: { name?: string; model_id?: string };
  /** Closes the dialog; with a registration that is done, its version is shown. */
  onDone: (done: Registration | null) => void;
}

/** The registration dialog's body: the form on a draft, then how far the registration is. */
export function Register(props: IRegisterProps): React.JSX.Element {
  const { octavo, project } = props;
  const [started, setStarted] = React.useState<Registering | null>(null);
  const [draft, redraft] = useDraft(props);
  if (started) {
    return <Under key={started.registration.id} octavo={octavo} registering={started} onDone={props.onDone} onBack={() => setStarted(null)} />;
  }
  return (
    <Await resource={draft}>
      {value => (
        <RegisterForm
          draft={value}
          onRedraft={redraft}
          onRegister={async (name, body) => setStarted(await Registering.start(octavo, project, name, body))}
          onCancel={() => props.onDone(null)}
        />
      )}
    </Await>
  );
}

/** The draft of a run's model, loaded anew when another name or logged model is chosen. */
function useDraft(props: IRegisterProps): readonly [Resource<RegistrationDraft>, (next: { name: string; model_id: string }) => void] {
  const { octavo, project, run } = props;
  const choice = React.useRef<{ name?: string; model_id?: string }>(props.first ?? {});
  const draft = React.useMemo(
    () => new Resource<RegistrationDraft>(signal => draftModel(octavo.requests, project, { run_id: run, ...choice.current }, signal)),
    [octavo, project, run]
  );
  React.useEffect(() => {
    void draft.refresh();
    return () => draft.dispose();
  }, [draft]);
  const redraft = React.useCallback(
    (next: { name: string; model_id: string }) => {
      choice.current = next;
      void draft.refresh();
    },
    [draft]
  );
  return [draft, redraft];
}

/** A registration under way: shown here, or told by a notice once the dialog is closed. */
function Under(props: { octavo: IOctavo; registering: Registering; onDone: (done: Registration | null) => void; onBack?: () => void }): React.JSX.Element {
  const { octavo, registering, onDone } = props;
  const { registration } = useRegistering(registering);
  const done = registration.state === 'done';
  React.useEffect(() => {
    if (done) {
      onDone(registering.registration);
    }
  }, [done, registering, onDone]);
  React.useEffect(() => () => leave(octavo, registering), [octavo, registering]);
  return <RegistrationSteps registering={registering} onHide={() => onDone(null)} {...(props.onBack ? { onBack: props.onBack } : {})} />;
}

/** A registration that began elsewhere, followed from where it is. */
export function Follow(props: { octavo: IOctavo; registration: Registration; onDone: (done: Registration | null) => void }): React.JSX.Element {
  const { octavo, registration } = props;
  const registering = React.useMemo(() => new Registering(octavo, registration), [octavo, registration]);
  return <Under octavo={octavo} registering={registering} onDone={props.onDone} />;
}

/** Nobody looks any more: what goes on tells its end by itself. */
function leave(octavo: IOctavo, registering: Registering): void {
  if (!isUnderWay(registering.registration)) {
    registering.dispose();
    return;
  }
  registering.ended.connect((_, ended) => {
    tellEnd(octavo, ended);
    registering.dispose();
  });
}

/** The dialog's body for a variable: logged by its kernel first, then registered as a run's model is. */
export function RegisterVariable(props: { octavo: IOctavo; project: string; models: KernelModels; variable: IModelVariable; onDone: (done: Registration | null) => void }): React.JSX.Element {
  const { octavo, project, models, variable } = props;
  const [logged, setLogged] = React.useState<{ of: ILogged; name: string } | null>(null);
  const { seen, notebook } = models.state;
  if (logged) {
    return <Register octavo={octavo} project={project} run={logged.of.run_id} first={{ name: logged.name, model_id: logged.of.model_id }} onDone={props.onDone} />;
  }
  return (
    <LogForm
      models={models}
      variable={variable}
      seen={seen ?? { libraries: [], models: [], frames: [], left_out: 0 }}
      notebook={notebook}
      onLogged={(of, name) => {
        octavo.session.touch();
        setLogged({ of, name });
      }}
      onCancel={() => props.onDone(null)}
    />
  );
}
