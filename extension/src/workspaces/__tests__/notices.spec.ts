import { Notification } from '@jupyterlab/apputils';

import type { WorkspaceSession } from '../../api/workspaces';
import { Mine } from '../../shell/mine';
import { stopClock } from '../../testing/clock';
import { AT, gpuMine, mine } from '../../testing/records';
import { FakeServer } from '../../testing/server';
import type { INoticeActions } from '../notices';
import { inBrief, Notices } from '../notices';

stopClock(AT);

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000 - 1000).toISOString();
const said = (): string[] => Notification.manager.notifications.map(one => one.message);
const buttons = (): string[] => Notification.manager.notifications.flatMap(one => (one.options.actions ?? []).map(action => action.label));

/** A state database that outlives the page. */
class Kept {
  readonly saved = new Map<string, unknown>();
  fetch = async (key: string): Promise<unknown> => this.saved.get(key);
  save = async (key: string, value: unknown): Promise<void> => void this.saved.set(key, value);
}

describe('notices', () => {
  const actions: jest.Mocked<INoticeActions> = { extend: jest.fn(), handOff: jest.fn(), save: jest.fn(), cost: jest.fn() };
  let notices: Notices;
  let workspace: Mine;
  let kept: Kept;

  async function open(): Promise<void> {
    workspace = new Mine(new FakeServer({}).requests());
    notices = new Notices(workspace, actions, kept as never);
    await notices.start();
  }

  const hear = (session: WorkspaceSession): void => workspace.resource.put(session);

  beforeEach(async () => {
    kept = new Kept();
    await open();
  });

  afterEach(() => {
    notices.dispose();
    workspace.dispose();
    Notification.dismiss();
    jest.clearAllMocks();
  });

  const quota = (percent: number): WorkspaceSession['notices'][number] => ({
    kind: 'quota',
    level: percent === 100 ? 'error' : 'warning',
    percent,
    message: `${percent} % of your core hours are used.`,
    key: `quota-${percent}`
  });

  it('are shown once each, also after the page was loaded anew', async () => {
    hear(mine({ notices: [quota(80)] }));
    hear(mine({ notices: [quota(95), quota(80)] }));
    expect(said()).toEqual(expect.arrayContaining(['80 % of your core hours are used.', '95 % of your core hours are used.']));
    expect(said()).toHaveLength(2);
    Notification.dismiss();
    notices.dispose();
    await open();
    hear(mine({ notices: [quota(100), quota(95), quota(80)] }));
    expect(said()).toEqual(['100 % of your core hours are used.']);
    expect(buttons()).toEqual(['Open cost']);
  });

  it('warn ten and two minutes before an idle stop, offer the extension, and go when something happens', () => {
    hear(mine({ idle_stop_at: inMinutes(11) }));
    expect(said()).toEqual([]);
    const stop = inMinutes(10);
    hear(mine({ idle_stop_at: stop }));
    hear(mine({ idle_stop_at: stop }));
    expect(said()).toEqual([expect.stringMatching(/^Nothing runs here: this workspace stops in 10 min, at .* Your files are kept\.$/)]);
    expect(buttons()).toEqual(['Extend by 60 min']);
    Notification.manager.notifications[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
    expect(actions.extend).toHaveBeenCalled();
    hear(mine({ idle_stop_at: inMinutes(2), extension_minutes_left: 0 }));
    expect(said()).toEqual([expect.stringContaining('stops in 2 min')]);
    expect(buttons()).toEqual([]);
    hear(mine({ idle_stop_at: null, activity: 'cell' }));
    expect(said()).toEqual([]);
  });

  it('keep an order to stop in sight until it is taken back', async () => {
    const ordered = mine({ stop_at: inMinutes(5), stop_reason: 'quota', idle_stop_at: inMinutes(1) });
    hear(ordered);
    expect(said()).toEqual([expect.stringMatching(/^This workspace stops at .*: quota\. Your files are kept; save now/)]);
    expect(Notification.manager.notifications[0]?.options.autoClose).toBe(false);
    expect(buttons()).toEqual(['Save all']);
    notices.dispose();
    Notification.dismiss();
    await open();
    hear(ordered);
    expect(said()).toHaveLength(1);
    hear(mine({ stop_at: inMinutes(0), stop_reason: 'stopped' }));
    expect(said()).toEqual([]);
  });

  it('offer to hand off while a GPU does nothing', () => {
    const idle = { kind: 'gpu_idle' as const, level: 'warning' as const, percent: null, message: 'The GPU does nothing while your cell runs.', key: 'gpu-1' };
    hear(gpuMine({ notices: [idle] }));
    expect(buttons()).toEqual(['Hand off…']);
    Notification.dismiss();
    hear(mine({ notices: [{ ...idle, key: 'gpu-2' }] }));
    expect(buttons()).toEqual([]);
  });

  it('say of an idle GPU that is about to end the workspace what it is, once', () => {
    const stop = { kind: 'gpu_idle' as const, level: 'warning' as const, percent: null, message: 'The GPU isn’t used: 12:09 UTC.', key: 'gpu_idle:2026-01-01T12:09:00Z' };
    hear(gpuMine({ idle_stop_at: inMinutes(9), notices: [stop] }));
    expect(said()).toEqual([expect.stringMatching(/^The GPU isn’t used: this workspace stops in 9 min/)]);
  });

  it('say in a rescue workspace what is full and what to do', () => {
    hear(mine({ rescue: true }));
    hear(mine({ rescue: true, cost_eur: 0.5 }));
    expect(said()).toEqual([expect.stringMatching(/^Your home folder is full.*start again\.$/)]);
    const home = { kind: 'home' as const, level: 'error' as const, percent: null, message: 'homes/scientist uses 5.0 of 5 GiB.', key: 'home:1' };
    hear(mine({ rescue: true, notices: [home] }));
    expect(said()).toEqual(['homes/scientist uses 5.0 of 5 GiB.']);
  });

  it('that are longer than a notification shows can be read on', () => {
    const long = `${'The first sentence says what happened. '.repeat(3)}${'The rest says what to do. '.repeat(4)}`;
    hear(mine({ notices: [{ ...quota(95), message: long }] }));
    expect(said()).toEqual(['The first sentence says what happened. The first sentence says what happened. The first sentence says what happened.']);
    expect(buttons()).toEqual(['Read all', 'Open cost']);
    expect(inBrief('x'.repeat(200)).said).toHaveLength(140);
  });

  it('say nothing where there is no workspace', () => {
    workspace.resource.put(null);
    expect(said()).toEqual([]);
  });
});
