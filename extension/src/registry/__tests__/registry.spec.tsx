import { Notification } from '@jupyterlab/apputils';
import { act, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { HOSTILE } from '../../testing/records';
import { draft, modelDetail, modelVersion, registration } from '../../testing/registry';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { RegisterForm } from '../components/RegisterForm';
import { RegistrationSteps } from '../components/RegistrationSteps';
import { Register } from '../register';
import { Registering, tellEnd } from '../registering';
import { aliasLine } from '../section';

const POST = 'POST projects/flights/models/late/registrations';
const GET = 'GET projects/flights/registrations/g1';
const nothing = (): void => undefined;

describe('the form', () => {
  it('sends the card and says which version it becomes', async () => {
    const sent: unknown[] = [];
    render(<RegisterForm draft={draft()} onRedraft={nothing} onCancel={nothing} onRegister={async (name, body) => sent.push([name, body])} />);
    fireEvent.change(screen.getByLabelText('Model card'), { target: { value: '# mine' } });
    fireEvent.click(screen.getByText('Register v3'));
    await until(() => sent.length === 1);
    expect(sent[0]).toEqual(['late', { run_id: 'a'.repeat(32), model_id: 'm-1', card: '# mine', owner: null, convert: true }]);
  });

  it('says where the version could go live, and what keeps it from where', () => {
    render(<RegisterForm draft={draft()} onRedraft={nothing} onCancel={nothing} onRegister={() => Promise.resolve()} />);
    expect(screen.getByText('dev: ready')).toBeTruthy();
    expect(screen.getByText('prod: not yet')).toBeTruthy();
    expect(screen.getByText(/needed for test, prod$/)).toBeTruthy();
    expect(screen.queryByText(/needed for prod$/)).toBeNull();
  });

  it('shows the difference to the champion and what the version is made from', () => {
    render(<RegisterForm draft={draft()} onRedraft={nothing} onCancel={nothing} onRegister={() => Promise.resolve()} />);
    expect(screen.getByText('auc 0.76 (+0.01)')).toBeTruthy();
    expect(screen.getByText(/flights\/train.ipynb/)).toBeTruthy();
    expect(screen.getByText('not recorded')).toBeTruthy();
  });

  it('takes metrics by any name', () => {
    render(<RegisterForm draft={draft({ metrics: { constructor: 0.5, [HOSTILE]: 1 }, champion: { [HOSTILE]: 0.5 } })} onRedraft={nothing} onCancel={nothing} onRegister={() => Promise.resolve()} />);
    expect(screen.getByText(`${HOSTILE} 1 (+0.5)`)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('does not send what policy does not let pass, nor a name that is none', () => {
    const send = jest.fn(() => Promise.resolve());
    const { rerender } = render(<RegisterForm draft={draft({ ready: false })} onRedraft={nothing} onCancel={nothing} onRegister={send} />);
    fireEvent.click(screen.getByText('Register v3'));
    expect(screen.getByText('Policy wants what is marked required.')).toBeTruthy();
    rerender(<RegisterForm draft={draft()} onRedraft={nothing} onCancel={nothing} onRegister={send} />);
    fireEvent.change(screen.getByLabelText('Model name'), { target: { value: 'Late Flights' } });
    fireEvent.click(screen.getByText('Register'));
    expect(send).not.toHaveBeenCalled();
  });
});

describe('the dialog', () => {
  it('stays open with the error when it is refused', async () => {
    const server = new FakeServer({ 'GET projects/flights/models/draft': () => draft(), [POST]: () => refusal(409, 'conflict', 'The run is registered as late/2.') });
    const done = jest.fn();
    render(<Register octavo={fakeOctavo(server)} project="flights" run="a" onDone={done} />);
    fireEvent.click(await screen.findByText('Register v3'));
    expect((await screen.findByRole('alert')).textContent).toContain('The run is registered as late/2.');
    expect(done).not.toHaveBeenCalled();
  });

  it('follows the registration to its end and hands the version on', async () => {
    let now = registration();
    const server = new FakeServer({ 'GET projects/flights/models/draft': () => draft(), [POST]: () => now, [GET]: () => now });
    const done = jest.fn();
    render(<Register octavo={fakeOctavo(server)} project="flights" run="a" onDone={done} />);
    fireEvent.click(await screen.findByText('Register v3'));
    expect(await screen.findByText('50 B of 200 B')).toBeTruthy();
    now = registration({ state: 'done', step: 'done', version: 3 });
    await until(() => done.mock.calls.length > 0);
    expect(done).toHaveBeenCalledWith(expect.objectContaining({ version: 3 }));
  });

  it('says why a registration failed, and leads back to the form', async () => {
    const failed = registration({ state: 'failed', step: 'scan', message: 'model.pkl runs os.system when it is loaded.', remedy: 'Log the model anew.' });
    const server = new FakeServer({ 'GET projects/flights/models/draft': () => draft(), [POST]: () => failed });
    render(<Register octavo={fakeOctavo(server)} project="flights" run="a" onDone={nothing} />);
    fireEvent.click(await screen.findByText('Register v3'));
    expect((await screen.findByRole('alert')).textContent).toContain('model.pkl runs os.system');
    expect(screen.getByText('Scan them').parentElement?.textContent).toContain('failed');
    fireEvent.click(screen.getByText('Back to the form'));
    expect(await screen.findByText('Register v3')).toBeTruthy();
  });

  it('tells by a notice how a registration ended that was left in the background', async () => {
    let now = registration();
    const server = new FakeServer({ [POST]: () => now, [GET]: () => now, 'GET projects/flights/models/draft': () => draft() });
    const said = jest.spyOn(Notification, 'success').mockImplementation(() => 'n');
    const { unmount } = render(<Register octavo={fakeOctavo(server)} project="flights" run="a" onDone={nothing} />);
    fireEvent.click(await screen.findByText('Register v3'));
    await screen.findByText('Continue in background');
    unmount();
    now = registration({ state: 'done', step: 'done', version: 3 });
    await until(() => said.mock.calls.length > 0);
    expect(said.mock.calls[0]?.[0]).toBe('late v3 is registered.');
    said.mockRestore();
  });
});

describe('a registration under way', () => {
  it('can be cancelled, once', async () => {
    const cancelled = registration({ cancel_requested_by: 'scientist' });
    const server = new FakeServer({ [GET]: () => cancelled, 'POST projects/flights/registrations/g1/cancel': () => cancelled });
    const registering = new Registering(fakeOctavo(server), registration());
    render(<RegistrationSteps registering={registering} onHide={nothing} />);
    fireEvent.click(screen.getByText('Cancel registration'));
    expect(await screen.findByText('Stopping')).toBeTruthy();
    act(() => registering.dispose());
  });

  it('says that the platform does not answer, and goes on asking', async () => {
    const server = new FakeServer({ [GET]: () => registration({ step: 'sign' }) });
    server.failing = true;
    const registering = new Registering(fakeOctavo(server), registration());
    render(<RegistrationSteps registering={registering} onHide={nothing} />);
    expect((await screen.findByRole('alert', {}, { timeout: 3000 })).textContent).toContain('did not answer');
    server.failing = false;
    await until(() => registering.registration.step === 'sign');
    act(() => registering.dispose());
  });

  it('is told with its reason when it failed unseen', () => {
    const said = jest.spyOn(Notification, 'error').mockImplementation(() => 'n');
    tellEnd(fakeOctavo(new FakeServer({})), registration({ state: 'failed', message: 'No space is left.', remedy: 'Ask an admin.' }));
    expect(said).toHaveBeenCalledWith('late was not registered. No space is left. Ask an admin.', { autoClose: false });
    said.mockRestore();
  });
});

describe('a model', () => {
  it('says which alias points where', () => {
    const detail = modelDetail(modelVersion({ version: 8 }));
    expect(aliasLine({ ...detail.model, aliases: { champion: 7, challenger: 8 } })).toBe('champion v7, challenger v8');
    expect(aliasLine(detail.model)).toBe('v8, no alias');
  });
});
