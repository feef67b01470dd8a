import * as React from 'react';

import type { Waiting } from '../../../kernel';
import type { OctavoError } from '../../../request';
import { asOctavoError } from '../../../request';
import { Choice, TextField } from '../../../ui/Fields';
import { Form } from '../../../ui/form';
import { Facts } from '../../../ui/Page';
import { trans } from '../../../words';
import type { KernelModels } from '../model';
import type { ILogged, IModelVariable, ISeenModels, ITable } from '../seen';
import { firstFrame, firstTarget, modelName, targetsOf } from '../seen';
import { Wait } from './VariableList';

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Props of the first step from a variable to a version. */
export interface ILogFormProps {
  models: KernelModels;
  variable: IModelVariable;
  seen: ISeenModels;
  notebook: string;
  onLogged: (logged: ILogged, name: string) => void;
  onCancel: () => void;
}

interface IUnderWay {
  busy: Waiting | null;
  error: OctavoError | null;
}

/** First step: the frame that shows the model's inputs, and its name; the kernel then logs it in a run. */
export function LogForm(props: ILogFormProps): React.JSX.Element {
  const { models, variable, seen } = props;
  const [name, setName] = React.useState(() => modelName(variable.name));
  const [frame, setFrame] = React.useState(() => firstFrame(variable, seen));
  const table = seen.frames.find(one => one.name === frame);
  const [target, setTarget] = React.useState(() => firstTarget(variable, table));
  const choose = (name: string): void => {
    setFrame(name);
    setTarget(firstTarget(variable, seen.frames.find(one => one.name === name)));
  };
  const [state, setState] = React.useState<IUnderWay>({ busy: null, error: null });
  const abort = React.useRef<AbortController | null>(null);
  React.useEffect(() => () => abort.current?.abort(), []);
  const log = async (): Promise<void> => {
    const mine = (abort.current = new AbortController());
    setState({ busy: 'answer', error: null });
    try {
      const logged = await models.log({ model: variable.name, frame: frame || null, target: target || null, name }, mine.signal, busy => setState({ busy, error: null }));
      abort.current = null;
      props.onLogged(logged, name);
    } catch (error) {
      setState({ busy: null, error: mine.signal.aborted ? null : asOctavoError(error) });
    }
  };
  const wrong = NAME.test(name) ? undefined : trans.__('A name has lower-case letters, digits and dashes, begins with a letter and has at most 63 characters.');
  return (
    <Form
      submit={trans.__('Log and go on')}
      busy={state.busy !== null}
      error={state.error}
      blocked={wrong}
      note={trans.__('The kernel logs the model in a run of MLflow. Nothing is registered yet.')}
      onSubmit={() => void log()}
      onCancel={props.onCancel}
    >
      <Facts
        facts={[
          [trans.__('Variable'), <code key="name">{variable.name}</code>],
          [trans.__('Notebook'), props.notebook],
          [trans.__('Model'), `${variable.library} ${variable.kind}`],
          ...(variable.training ? [[trans.__('Mode'), trans.__('It is in training mode: call %1.eval() first, unless you mean it.', variable.name)] as const] : [])
        ]}
      />
      <TextField label={trans.__('Model name')} value={name} maxLength={63} error={wrong} onChange={setName} />
      <Choice label={trans.__('Frame that shows its inputs')} value={frame} options={options(variable, seen.frames)} help={help(variable, frame)} onChange={choose} />
      {table && <Choice label={trans.__('Column that it predicts')} value={target} options={targets(variable, table)} help={trans.__('Told with the training data, and left out of the inputs.')} onChange={setTarget} />}
      {state.busy && <Wait busy={state.busy} answering={trans.__('The kernel logs the model.')} onCancel={() => abort.current?.abort()} />}
    </Form>
  );
}

function options(variable: IModelVariable, frames: readonly ITable[]): { value: string; label: string; disabled?: boolean }[] {
  const none = { value: '', label: trans.__('none: no signature, no example') };
  const fitting = new Set(variable.frames);
  const listed = [...frames].sort((a, b) => Number(fitting.has(b.name)) - Number(fitting.has(a.name)));
  return [...listed.map(frame => ({ value: frame.name, label: described(frame, fitting.has(frame.name)), disabled: Boolean(frame.problem) })), none];
}

function targets(variable: IModelVariable, table: ITable): { value: string; label: string }[] {
  return [{ value: '', label: trans.__('none of this frame') }, ...targetsOf(variable, table).map(column => ({ value: column, label: column }))];
}

function described(frame: ITable, fits: boolean): string {
  if (frame.problem) {
    return trans.__('%1: %2', frame.name, frame.problem);
  }
  const size = `${trans._n('%2 row', '%2 rows', frame.rows, frame.rows.toLocaleString('en-US'))}, ${trans._n('%2 column', '%2 columns', frame.width, frame.width.toLocaleString('en-US'))}`;
  return fits ? trans.__('%1 (%2; has all inputs)', frame.name, size) : `${frame.name} (${size})`;
}

function help(variable: IModelVariable, frame: string): string {
  if (!frame) {
    return trans.__('Without one nothing says which inputs the model takes, and policy keeps it from production.');
  }
  return variable.frames.includes(frame) ? trans.__('Signature and example are drafted from it.') : trans.__('Its columns are not known to be the model’s inputs: the kernel tries them on a few rows.');
}
