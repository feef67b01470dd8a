import { addBelowIcon, copyIcon, refreshIcon, searchIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { modelIcon } from '../../../icon';
import type { Waiting } from '../../../kernel';
import { Button } from '../../../ui/Button';
import { metric } from '../../../ui/format';
import { openMenu } from '../../../ui/menu';
import { Row, Rows } from '../../../ui/Row';
import { Empty, Failure } from '../../../ui/states';
import { Time } from '../../../ui/Time';
import { trans } from '../../../words';
import type { IVariablesState, KernelModels } from '../model';
import type { IModelVariable } from '../seen';
import { unready } from '../seen';

/** What can be done with a variable. */
export interface IVariableActions {
  register: (variable: IModelVariable) => void;
  insert: (variable: IModelVariable) => void;
  /** Why the person may not register; undefined: they may. */
  refused: string | undefined;
  /** Say why something can't be done. */
  tell: (why: string) => void;
}

/** Redraw with what a kernel was seen to hold. */
export function useVariables(models: KernelModels): IVariablesState {
  return React.useSyncExternalStore(
    React.useCallback(
      notify => {
        models.changed.connect(notify);
        return () => {
          models.changed.disconnect(notify);
        };
      },
      [models]
    ),
    () => models.state
  );
}

/** The fitted models that live in the notebook in front; looked for when a person asks. */
export function VariableList(props: { models: KernelModels; actions: IVariableActions }): React.JSX.Element {
  const { models, actions } = props;
  const state = useVariables(models);
  const { seen } = state;
  return (
    <section className="jp-octavo-Variables" aria-label={trans.__('Variables of the notebook')}>
      <div className="jp-octavo-Section-tools">
        <span className="jp-octavo-Variables-title">{trans.__('Variables')}</span>
        <Button kind="quiet" icon={seen ? refreshIcon : searchIcon} busy={state.busy !== null} onClick={() => void models.look()}>
          {seen ? trans.__('Look again') : trans.__('Find models in my notebook')}
        </Button>
      </div>
      {state.busy && <Wait busy={state.busy} onCancel={() => models.cancel()} />}
      {state.error && <Failure error={state.error} compact />}
      {seen && (
        <p className="jp-octavo-Variables-of">
          {state.notebook} · <Time at={state.at} />
        </p>
      )}
      {seen && seen.models.length === 0 && <None state={state} />}
      {seen && seen.models.length > 0 && (
        <Rows label={trans.__('Models in %1', state.notebook)}>
          {seen.models.map(variable => (
            <Row
              key={variable.name}
              title={variable.name}
              figure={figure(variable)}
              detail={described(variable)}
              onOpen={() => open(variable, actions)}
              onMenu={at => openMenu(menu(variable, actions), at)}
              next={{ label: trans.__('Register'), icon: modelIcon, refused: refusal(variable, actions), onClick: () => actions.register(variable) }}
            />
          ))}
        </Rows>
      )}
      {seen && seen.left_out > 0 && <p className="jp-octavo-Rows-none">{trans._n('%1 more is not listed.', '%1 more are not listed.', seen.left_out, seen.left_out)}</p>}
    </section>
  );
}

/** Why a variable can't be registered by who looks; undefined: it can. */
export function refusal(variable: IModelVariable, actions: IVariableActions): string | undefined {
  return actions.refused ?? (unready(variable) ? trans.__('%1 is not fitted yet: call fit, then look again.', variable.name) : undefined);
}

function open(variable: IModelVariable, actions: IVariableActions): void {
  const refused = refusal(variable, actions);
  if (refused) {
    actions.tell(refused);
  } else {
    actions.register(variable);
  }
}

function menu(variable: IModelVariable, actions: IVariableActions): Parameters<typeof openMenu>[0] {
  const refused = refusal(variable, actions);
  return [
    { label: trans.__('Register…'), icon: modelIcon, refused, onClick: () => actions.register(variable) },
    { label: trans.__('Insert code that registers it'), icon: addBelowIcon, refused: unready(variable) && refused, onClick: () => actions.insert(variable) },
    null,
    { label: trans.__('Copy name'), icon: copyIcon, onClick: () => void navigator.clipboard.writeText(variable.name) }
  ];
}

function figure(variable: IModelVariable): string {
  if (variable.fitted === false) {
    return trans.__('not fitted');
  }
  if (variable.parameters !== null) {
    return trans.__('%1 parameters', metric(variable.parameters));
  }
  return variable.width === null ? '' : trans._n('%1 input', '%1 inputs', variable.width, variable.width);
}

function described(variable: IModelVariable): string {
  const mode = variable.training ? trans.__('training mode') : '';
  return [`${variable.library} ${variable.kind}`, mode, variable.frames[0] ? trans.__('fits %1', variable.frames[0]) : ''].filter(Boolean).join(' · ');
}

function None(props: { state: IVariablesState }): React.JSX.Element {
  const libraries = props.state.seen?.libraries ?? [];
  return (
    <Empty title={trans.__('No model lives in the kernel of %1', props.state.notebook)}>
      {libraries.length === 0 ? trans.__('It has imported neither scikit-learn nor torch nor MLflow. Run the cells that fit your model, then look again.') : trans.__('Keep the fitted model in a variable whose name does not begin with an underscore, then look again.')}
    </Empty>
  );
}

/** What a question to the kernel waits for, with a way to stop it. */
export function Wait(props: { busy: Waiting; answering?: string; onCancel: () => void }): React.JSX.Element {
  const words = {
    busy: trans.__('The kernel is busy. This goes on when its cells are done.'),
    starting: trans.__('The kernel is starting.'),
    answer: props.answering ?? trans.__('Looking into the kernel.')
  };
  return (
    <p className="jp-octavo-Variables-wait" role="status">
      {words[props.busy]}{' '}
      <button type="button" className="jp-octavo-Link" onClick={props.onCancel}>
        {trans.__('Cancel')}
      </button>
    </p>
  );
}
