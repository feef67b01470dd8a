import { act, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { card, gpuMine, pipelineRun } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { HandOffForm } from '../components/HandOffForm';
import { HandOff, runElsewhere } from '../handoff';

const PRICES = new Map([
  ['cpu-small', 0.12],
  ['cpu-large', 0.48]
]);

function notebook(): { path: string; save: jest.Mock<Promise<Record<string, unknown>>> } {
  return { path: 'flights/train.ipynb', save: jest.fn(async () => ({ cells: [] })) };
}

const asked = (server: FakeServer): string[] => server.asked.filter(one => one.method === 'POST').map(one => one.url.pathname.replace('/user/s/octavo/api/', ''));

describe('handing off', () => {
  it('saves, starts the run, and only then stops the workspace', async () => {
    const server = new FakeServer({ 'POST projects/flights/runs/hand-off': () => pipelineRun({ id: 'r7' }), 'POST workspaces/mine/stop': () => gpuMine() });
    const file = notebook();
    expect(await runElsewhere(fakeOctavo(server), gpuMine(), file, 'cpu-small')).toBe('r7');
    expect(file.save).toHaveBeenCalled();
    expect(asked(server)).toEqual(['projects/flights/runs/hand-off', 'workspaces/mine/stop']);
    expect(server.asked.find(one => one.method === 'POST')?.body).toEqual({ path: 'flights/train.ipynb', notebook: { cells: [] }, profile: 'cpu-small', session: 's1' });
    expect(server.asked.filter(one => one.method === 'POST')[1]?.body).toEqual({ reason: 'handed_off' });
  });

  it('stops nothing when the run is refused or the notebook can’t be saved', async () => {
    const server = new FakeServer({ 'POST projects/flights/runs/hand-off': () => refusal(403, 'forbidden', 'The budget is spent.', 'Ask an admin.') });
    await expect(runElsewhere(fakeOctavo(server), gpuMine(), notebook(), 'cpu-small')).rejects.toThrow('The budget is spent.');
    const file = { path: 'x.ipynb', save: async () => Promise.reject(new Error('The disk is full.')) };
    await expect(runElsewhere(fakeOctavo(server), gpuMine(), file, 'cpu-small')).rejects.toThrow('The disk is full.');
    expect(asked(server)).toEqual(['projects/flights/runs/hand-off']);
  });

  it('says that the run goes on when the workspace did not stop', async () => {
    const server = new FakeServer({ 'POST projects/flights/runs/hand-off': () => pipelineRun(), 'POST workspaces/mine/stop': () => refusal(503, 'unavailable', 'Octavo is away.') });
    await expect(runElsewhere(fakeOctavo(server), gpuMine(), notebook(), 'cpu-small')).rejects.toThrow('The run was started, but this workspace did not stop: Octavo is away.');
  });
});

describe('the dialog over the lab', () => {
  const lab = (saved: boolean): { save: jest.Mock<Promise<boolean>>; leave: jest.Mock<void> } => ({ save: jest.fn(async () => saved), leave: jest.fn() });
  const open = (server: FakeServer, around: ReturnType<typeof lab>): void => void render(<HandOff octavo={fakeOctavo(server)} session={gpuMine()} notebook={notebook()} lab={around} onClose={() => undefined} />);
  const send = (): Promise<void> => act(async () => void fireEvent.click(screen.getByText('Hand off and stop')));

  it('saves what is open, shows prices, and leaves once the run was accepted', async () => {
    const server = new FakeServer({
      'GET profiles': () => ({ project: 'flights', items: [card()], next_cursor: null }),
      'POST projects/flights/runs/hand-off': () => pipelineRun(),
      'POST workspaces/mine/stop': () => gpuMine()
    });
    const around = lab(true);
    open(server, around);
    expect(await screen.findByText('0.12 € an hour, booked on flights, instead of 3.40 € now.')).toBeTruthy();
    await send();
    await until(() => around.leave.mock.calls.length === 1);
    expect(around.save).toHaveBeenCalled();
  });

  it('starts and stops nothing when a document could not be saved', async () => {
    const server = new FakeServer({});
    const around = lab(false);
    open(server, around);
    await send();
    expect((await screen.findByRole('alert')).textContent).toContain('An open document could not be saved.');
    expect([asked(server), around.leave.mock.calls]).toEqual([[], []]);
  });
});

describe('the dialog', () => {
  it('says what will happen, for how much, and hands off to the chosen profile', async () => {
    const chosen: string[] = [];
    render(<HandOffForm session={gpuMine()} path="flights/train.ipynb" prices={PRICES} onHandOff={async profile => void chosen.push(profile)} onCancel={() => undefined} />);
    expect(screen.getByRole('list', { name: 'What happens' }).textContent).toContain('runs from the top in a fresh process');
    expect(screen.getByText('0.12 € an hour, booked on flights, instead of 3.40 € now.')).toBeTruthy();
    fireEvent.change(screen.getByRole('combobox', { name: 'Run it on' }), { target: { value: 'cpu-large' } });
    expect(screen.getByText('8 CPU and 32 GiB, no GPU.')).toBeTruthy();
    await act(async () => void fireEvent.click(screen.getByText('Hand off and stop')));
    expect(chosen).toEqual(['cpu-large']);
  });

  it('stays open with what went wrong', async () => {
    render(<HandOffForm session={gpuMine()} path="x.ipynb" prices={new Map()} onHandOff={async () => Promise.reject(new Error('No.'))} onCancel={() => undefined} />);
    expect(screen.getByText('Booked on flights, instead of 3.40 € an hour now.')).toBeTruthy();
    await act(async () => void fireEvent.click(screen.getByText('Hand off and stop')));
    expect(screen.getByRole('alert').textContent).toContain('No.');
  });

  it('can’t be sent where no profile is open', () => {
    render(<HandOffForm session={gpuMine({ hand_off_to: [] })} path="x.ipynb" prices={PRICES} onHandOff={async () => undefined} onCancel={() => undefined} />);
    expect(screen.getByText('No profile without a GPU is open to you here.')).toBeTruthy();
  });
});
