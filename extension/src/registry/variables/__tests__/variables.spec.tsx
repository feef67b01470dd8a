import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { FakeKernel } from '../../../testing/features';
import { HOSTILE } from '../../../testing/records';
import { draft, seenModels, variable } from '../../../testing/registry';
import { FakeServer, fakeOctavo, until } from '../../../testing/server';
import { RegisterVariable } from '../../register';
import type { IVariableActions } from '../components/VariableList';
import { VariableList } from '../components/VariableList';
import { KernelModels } from '../model';
import { codeOf, firstTarget, modelName } from '../seen';

const RUN = 'a'.repeat(32);

function actions(changes: Partial<IVariableActions> = {}): IVariableActions {
  return { register: jest.fn(), insert: jest.fn(), tell: jest.fn(), refused: undefined, ...changes };
}

async function looked(kernel: FakeKernel, does: IVariableActions = actions()): Promise<KernelModels> {
  const models = new KernelModels(() => kernel.asker());
  render(<VariableList models={models} actions={does} />);
  fireEvent.click(screen.getByText('Find models in my notebook'));
  await until(() => models.state.busy === null && (models.state.seen !== null || models.state.error !== null));
  return models;
}

describe('models in the kernel', () => {
  it('are looked for when a person asks, silently', async () => {
    const kernel = new FakeKernel([{ json: seenModels(variable()) }]);
    const models = new KernelModels(() => kernel.asker());
    render(<VariableList models={models} actions={actions()} />);
    expect(kernel.asked).toHaveLength(0);
    fireEvent.click(screen.getByText('Find models in my notebook'));
    expect(await screen.findByText('sklearn Pipeline · LogisticRegression · fits X')).toBeTruthy();
    expect(kernel.asked[0]).toMatchObject({ silent: true, store_history: false, user_expressions: { octavo: '__import__("octavo.variables", fromlist=["look"]).look("{}")' } });
  });

  it('show their names as text', async () => {
    await looked(new FakeKernel([{ json: seenModels(variable({ kind: HOSTILE })) }]));
    expect(screen.getByText(`sklearn ${HOSTILE} · fits X`)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('that are not fitted say so instead of being registered', async () => {
    const does = actions();
    await looked(new FakeKernel([{ json: seenModels(variable({ fitted: false })) }]), does);
    fireEvent.click(screen.getByText('model'));
    expect(does.tell).toHaveBeenCalledWith('model is not fitted yet: call fit, then look again.');
    expect(does.register).not.toHaveBeenCalled();
  });

  it('have a menu by the right button', async () => {
    const does = actions();
    await looked(new FakeKernel([{ json: seenModels(variable()) }]), does);
    fireEvent.contextMenu(screen.getByText('model'), { clientX: 5, clientY: 5 });
    const labels = [...document.querySelectorAll('.lm-Menu-itemLabel')].map(one => one.textContent).filter(Boolean);
    expect(labels).toEqual(['Register…', 'Insert code that registers it', 'Copy name']);
  });

  it('that are none say what to do', async () => {
    await looked(new FakeKernel([{ json: { libraries: [], models: [], frames: [], left_out: 0 } }]));
    expect(screen.getByText(/It has imported neither scikit-learn/)).toBeTruthy();
  });

  it('say which notebook has no kernel that answers', async () => {
    const kernel = new FakeKernel([{ json: {} }]);
    kernel.status = 'dead';
    await looked(kernel);
    expect(screen.getByRole('alert').textContent).toContain('The kernel of analysis.ipynb is dead.');
  });

  it('are not waited for any longer when a person cancels', async () => {
    const kernel = new FakeKernel([{ json: seenModels() }]);
    kernel.status = 'busy';
    const models = new KernelModels(() => kernel.asker());
    render(<VariableList models={models} actions={actions()} />);
    fireEvent.click(screen.getByText('Find models in my notebook'));
    fireEvent.click(await screen.findByText('Cancel'));
    await until(() => models.state.busy === null);
    expect(models.state.error).toBeNull();
    expect(kernel.asked).toHaveLength(0);
  });
});

describe('registering a variable', () => {
  async function dialog(kernel: FakeKernel, server = new FakeServer({ 'GET projects/flights/models/draft': () => draft() })): Promise<{ server: FakeServer; done: jest.Mock }> {
    const models = new KernelModels(() => kernel.asker());
    await models.look();
    const done = jest.fn();
    render(<RegisterVariable octavo={fakeOctavo(server)} project="flights" models={models} variable={variable({ name: 'late_model' })} onDone={done} />);
    return { server, done };
  }

  it('has the kernel log it with the frame that fits, then drafts the registration of that run', async () => {
    const kernel = new FakeKernel([{ json: seenModels(variable({ name: 'late_model' })) }, { json: { run_id: RUN, model_id: 'm-7', experiment: 'late' } }]);
    const { server } = await dialog(kernel);
    expect(screen.getByLabelText<HTMLSelectElement>('Frame that shows its inputs').value).toBe('X');
    expect(screen.getByLabelText<HTMLSelectElement>('Column that it predicts').value).toBe('late');
    fireEvent.click(screen.getByText('Log and go on'));
    expect(await screen.findByText('Register v3')).toBeTruthy();
    expect(kernel.asked[1]?.user_expressions['octavo']).toBe('__import__("octavo.variables", fromlist=["log"]).log("{\\"model\\":\\"late_model\\",\\"frame\\":\\"X\\",\\"target\\":\\"late\\",\\"name\\":\\"late-model\\"}")');
    const query = server.asked.find(asked => asked.url.pathname.endsWith('draft'))?.url.searchParams;
    expect([query?.get('run_id'), query?.get('name'), query?.get('model_id')]).toEqual([RUN, 'late-model', 'm-7']);
  });

  it.each([
    [{ refused: 'gone', what: 'late_model' }, 'late_model holds no model any more.'],
    [{ refused: 'frame_gone', what: 'X' }, 'There is no frame X in the kernel any more.'],
    [{ refused: 'failed', what: 'MLflow does not answer.', remedy: 'Try again.' }, 'late_model could not be logged: MLflow does not answer.']
  ])('says why it was not logged: %p', async (said, message) => {
    await dialog(new FakeKernel([{ json: seenModels() }, { json: said }]));
    fireEvent.click(screen.getByText('Log and go on'));
    expect((await screen.findByRole('alert')).textContent).toContain(message);
  });

  it('interrupts the kernel when a person cancels while it logs', async () => {
    const kernel = new FakeKernel([{ json: seenModels() }]);
    const { done } = await dialog(kernel);
    kernel.silent = true;
    fireEvent.click(screen.getByText('Log and go on'));
    await until(() => kernel.asked.length === 2);
    fireEvent.click(screen.getByText('The kernel logs the model.').querySelector('button') as HTMLButtonElement);
    await until(() => kernel.interrupted === 1);
    expect(screen.queryByRole('alert')).toBeNull();
    expect(done).not.toHaveBeenCalled();
  });
});

describe('names and code', () => {
  it.each([
    ['late_model', 'late-model'],
    ['_2Clf', 'clf'],
    ['Ünïcode', 'n-code'],
    ['__', 'model']
  ])('makes a model of variable %p', (name, made) => {
    expect(modelName(name)).toBe(made);
  });

  it.each([
    [['distance', 'hour'], ['distance', 'hour', 'late'], 'late'],
    [['distance'], ['distance', 'hour', 'late'], ''],
    [['distance', 'hour'], ['distance', 'hour'], ''],
    [[], ['late'], '']
  ])('takes the one column that is no input as what is predicted: %p of %p', (inputs, columns, target) => {
    expect(firstTarget(variable({ inputs }), { name: 'X', library: 'pandas', rows: 1, width: columns.length, columns })).toBe(target);
  });

  it('writes the line that does the same', () => {
    expect(codeOf('clf', 'late', 'X', 'is "late"')).toBe('import octavo\n\noctavo.register(clf, name="late", frame=X, target="is \\"late\\"")');
    expect(codeOf('clf', 'late', 'X')).toBe('import octavo\n\noctavo.register(clf, name="late", frame=X)');
    expect(codeOf('clf', 'late', '')).toBe('import octavo\n\noctavo.register(clf, name="late")');
  });
});
