import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { draft, modelDetail, modelVersion } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { RegisterForm } from '../components/RegisterForm';
import { AliasMoves } from '../components/Versions';
import { RegisteredModel } from '../model';
import { aliasLine, Register } from '../panel';

const MODEL = 'projects/flights/models/late';

describe('registering', () => {
  it('sends the card and says which version it becomes', async () => {
    const sent: unknown[] = [];
    render(<RegisterForm draft={draft()} onRedraft={() => undefined} onCancel={() => undefined} onRegister={async (name, body) => sent.push([name, body])} />);
    fireEvent.change(screen.getByLabelText('Model card'), { target: { value: '# mine' } });
    fireEvent.click(screen.getByText('Register v3'));
    await until(() => sent.length === 1);
    expect(sent[0]).toEqual(['late', { run_id: 'a'.repeat(32), model_id: 'm-1', card: '# mine' }]);
  });

  it('shows the difference to the champion', () => {
    render(<RegisterForm draft={draft()} onRedraft={() => undefined} onCancel={() => undefined} onRegister={() => Promise.resolve()} />);
    expect(screen.getByText('auc 0.76 (+0.01)')).toBeTruthy();
  });

  it('does not send what policy does not let pass, nor a name that is none', () => {
    const send = jest.fn(() => Promise.resolve());
    const { rerender } = render(<RegisterForm draft={draft({ ready: false })} onRedraft={() => undefined} onCancel={() => undefined} onRegister={send} />);
    fireEvent.click(screen.getByText('Register v3'));
    expect(screen.getByText('Policy wants what is marked required.')).toBeTruthy();
    rerender(<RegisterForm draft={draft()} onRedraft={() => undefined} onCancel={() => undefined} onRegister={send} />);
    fireEvent.change(screen.getByLabelText('Model name'), { target: { value: 'Late Flights' } });
    fireEvent.click(screen.getByText('Register'));
    expect(send).not.toHaveBeenCalled();
  });

  it('stays open with the error when it is refused', async () => {
    const server = new FakeServer({
      'GET projects/flights/models/draft': () => draft(),
      'POST projects/flights/models/late/versions': () => refusal(409, 'conflict', 'The run is registered as late/2.')
    });
    const done = jest.fn();
    render(<Register octavo={fakeOctavo(server)} project="flights" run="a" onDone={done} />);
    fireEvent.click(await screen.findByText('Register v3'));
    expect((await screen.findByRole('alert')).textContent).toContain('The run is registered as late/2.');
    expect(done).not.toHaveBeenCalled();
  });
});

describe('a model', () => {
  it('says which alias points where', () => {
    const detail = modelDetail(modelVersion({ version: 8 }));
    expect(aliasLine({ ...detail.model, aliases: { champion: 7, challenger: 8 } })).toBe('champion v7, challenger v8');
    expect(aliasLine(detail.model)).toBe('v8, no alias');
  });

  it('looks at its newest version, also at one that comes later', async () => {
    let versions = [modelVersion()];
    const server = new FakeServer({ [`GET ${MODEL}`]: () => modelDetail(...versions), [`GET ${MODEL}/aliases`]: () => ({ items: [], next_cursor: null }) });
    const octavo = fakeOctavo(server);
    const model = new RegisteredModel(octavo, { project: 'flights', name: 'late' });
    await until(() => model.number === 1);
    versions = [modelVersion({ version: 2 }), ...versions];
    octavo.session.touch();
    await until(() => model.number === 2);
    model.dispose();
  });

  it('moves an alias only from where it was seen', async () => {
    const detail = modelDetail(modelVersion({ version: 2 }));
    const server = new FakeServer({
      [`GET ${MODEL}`]: () => ({ ...detail, model: { ...detail.model, aliases: { champion: 1 } } }),
      [`GET ${MODEL}/aliases`]: () => ({ items: [], next_cursor: null }),
      [`PUT ${MODEL}/aliases/champion`]: () => ({})
    });
    const model = new RegisteredModel(fakeOctavo(server), { project: 'flights', name: 'late' });
    await until(() => model.number === 2);
    await model.move('champion', 2, 'Better on June.');
    expect(server.asked.find(asked => asked.method === 'PUT')?.body).toEqual({ version: 2, reason: 'Better on June.', expected: 1 });
    model.dispose();
  });

  it('tells who moved an alias and why', () => {
    render(<AliasMoves moves={[{ alias: 'champion', version: 2, previous: 1, moved_by: 'reviewer', moved_at: '2026-01-01T12:00:00Z', reason: 'Better.' }]} />);
    expect(screen.getByText('champion moved from v1 to v2')).toBeTruthy();
    expect(screen.getByText('reviewer: Better.')).toBeTruthy();
  });
});
