import { act, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { Mine } from '../../shell/mine';
import { stopClock } from '../../testing/clock';
import { AT, gpuMine, HOSTILE, mine } from '../../testing/records';
import { FakeServer, refusal } from '../../testing/server';
import { Popup } from '../components/Popup';
import { BoundPopup, StatusText, WorkspaceStatus } from '../status';

stopClock(AT);

const NOW = new Date(AT);
const nothing = { extend: () => undefined, handOff: () => undefined, stop: () => undefined };

describe('the status bar’s item', () => {
  it('shows the cost so far and what comes next, and opens the popup', async () => {
    const workspace = new Mine(new FakeServer({ 'GET workspaces/mine': () => mine({ idle_stop_at: null, activity: 'cell' }) }).requests());
    await workspace.resource.refresh();
    const open = jest.fn();
    render(<StatusText mine={workspace} onClick={open} />);
    const item = screen.getByRole('button', { name: '0.42 € · cell running' });
    expect(item.title).toContain('Ends at the latest:');
    fireEvent.click(item);
    expect(open).toHaveBeenCalled();
    workspace.dispose();
  });

  it('says when the platform doesn’t answer, and keeps what was known in its tooltip', async () => {
    const server = new FakeServer({ 'GET workspaces/mine': () => mine() });
    const workspace = new Mine(server.requests());
    await workspace.resource.refresh();
    server.failing = true;
    render(<StatusText mine={workspace} onClick={() => undefined} />);
    await act(() => workspace.resource.refresh());
    expect(screen.getByRole('button', { name: '0.42 € · Octavo doesn’t answer' }).title).toContain('Small CPU in flights');
    workspace.dispose();
  });

  it('hides itself outside a workspace, and shows a failure that has nothing before it', async () => {
    const server = new FakeServer({});
    const workspace = new Mine(server.requests());
    const item = new WorkspaceStatus(workspace, nothing);
    await workspace.resource.refresh();
    expect([workspace.session, item.isHidden]).toEqual([null, true]);
    server.answers['GET workspaces/mine'] = () => refusal(503, 'unavailable', 'Octavo is away.', 'Wait a minute.');
    await workspace.resource.reset();
    expect(item.isHidden).toBe(false);
    render(<BoundPopup mine={workspace} actions={nothing} />);
    expect(screen.getByRole('alert').textContent).toContain('Octavo is away.Wait a minute.');
    item.dispose();
    workspace.dispose();
  });
});

describe('the popup', () => {
  const open = (session = mine(), actions: Partial<Record<'onExtend' | 'onHandOff' | 'onStop', () => void>> = {}): void =>
    void render(<Popup session={session} now={NOW} onExtend={() => undefined} onHandOff={() => undefined} onStop={() => undefined} {...actions} />);

  it('says what the workspace is, costs and may still use', () => {
    open(
      mine({
        quotas: [{ resource: 'gpu_hours', scope: 'group', name: HOSTILE, limit: 40, used: 22, left: 18, window_days: 30 }]
      })
    );
    const text = screen.getByRole('dialog', { name: 'This workspace' }).textContent ?? '';
    for (const fact of ['idle stop in 54 min', 'Small CPU · 0.12 € an hour', '0.42 € for 3 h 30 min', '498.50 € this month', `18.0 of 40.0 in 30 days, for ${HOSTILE}`, 'Stops after 60 min']) {
      expect(text).toContain(fact);
    }
    expect(document.querySelector('img')).toBeNull();
  });

  it('extends, hands off and stops', () => {
    const called: string[] = [];
    open(gpuMine(), { onExtend: () => called.push('extend'), onHandOff: () => called.push('hand off'), onStop: () => called.push('stop') });
    for (const name of ['Extend by 60 min', 'Hand off…', 'Stop workspace…']) {
      fireEvent.click(screen.getByText(name));
    }
    expect(called).toEqual(['extend', 'hand off', 'stop']);
  });

  it('says why something can’t be done', () => {
    open(mine({ extension_minutes_left: 0, extended_until: '2026-01-01T13:00:00Z' }));
    expect(screen.getByText('Extend').title).toMatch(/^The one extension was used; it holds until Jan 1, 2026/);
    expect(screen.getByText('Hand off…').title).toBe('This workspace has no GPU to give back.');
  });

  it('says of a GPU workspace without another profile, and of one without an extension', () => {
    open(gpuMine({ hand_off_to: [], extension_minutes_left: 0 }));
    expect(screen.getByText('Hand off…').title).toBe('No profile without a GPU may run pipelines for you in flights.');
    expect(screen.getByText('Extend').title).toBe('One GPU has no extension, or it was used.');
  });

  it('of a rescue workspace says what to do', () => {
    open(mine({ rescue: true }));
    expect(screen.getByText(/Your home folder is full/)).toBeTruthy();
  });
});

it('an extension is sent with its reason, and its answer is shown at once', async () => {
  const server = new FakeServer({ 'POST workspaces/mine/extend': () => mine({ extension_minutes_left: 0 }), 'POST workspaces/mine/stop': () => mine({ stop_reason: 'stopped', stop_at: AT }) });
  const workspace = new Mine(server.requests());
  await workspace.extend('A long cell.');
  expect([server.asked[0]?.body, workspace.session?.extension_minutes_left]).toEqual([{ reason: 'A long cell.' }, 0]);
  await workspace.stop();
  expect(workspace.session?.stop_reason).toBe('stopped');
  workspace.dispose();
});
