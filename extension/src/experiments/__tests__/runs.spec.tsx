import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { HOSTILE, run, runPage } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { leadingMetrics, runSeconds } from '../components/runs';
import { merged, RecentRuns } from '../recent';
import { RunsPage } from '../runs';
import { RunsModel } from '../runsModel';
import { RunSection } from '../section';

const other = run({ run_id: 'b'.repeat(32), name: HOSTILE, metrics: { auc: 0.7 } });
const EXPERIMENTS = 'GET projects/flights/experiments';

function server(): FakeServer {
  return new FakeServer({
    [EXPERIMENTS]: () => ({ items: [], next_cursor: null, as_of: null }),
    [`${EXPERIMENTS}/runs`]: () => runPage(run(), other)
  });
}

describe('runs', () => {
  it('puts the metrics first that say most', () => {
    expect(leadingMetrics(['base_rate_auc', 'train_auc', 'zeta', 'brier', 'auc'], 3)).toEqual(['auc', 'brier', 'zeta']);
  });

  it('says how long a run took, or has been going', () => {
    expect(runSeconds(run(), new Date())).toBe(70);
    expect(runSeconds(run({ ended_at: null }), new Date('2026-01-01T12:00:05Z'))).toBe(5);
    expect(runSeconds(run({ started_at: null }), new Date())).toBeNull();
  });

  it('puts a changed run into its place, a new one on top, and takes a deleted one out', () => {
    const page = runPage(run());
    expect(merged(page, run({ status: 'failed' }), false).items.map(one => one.status)).toEqual(['failed']);
    expect(merged(page, other, false)).toMatchObject({ total: 2, items: [other, run()] });
    expect(merged(page, run(), true).items).toEqual([]);
  });

  it('shows runs in the sidebar, filters them, and offers to register', async () => {
    const octavo = fakeOctavo(server());
    const recent = new RecentRuns(octavo.session);
    const registered: string[] = [];
    render(<RunSection recent={recent} octavo={octavo} actions={{ register: (_, one) => registered.push(one.name) }} />);
    fireEvent.click(await screen.findByLabelText('Register: gradient boosting'));
    expect(registered).toEqual(['gradient boosting']);
    expect(document.querySelector('img')).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'All 2 runs' }));
    expect(octavo.opened[0]?.[0]).toBe('runs');
    recent.dispose();
  });

  it('compares what was picked', async () => {
    const octavo = fakeOctavo(server());
    const recent = new RecentRuns(octavo.session);
    const model = new RunsModel(octavo, { project: 'flights' }, recent);
    const changes: number[] = [];
    model.changed.connect(() => changes.push(model.picked.length));
    render(<RunsPage model={model} octavo={octavo} />);
    fireEvent.click(await screen.findByRole('checkbox', { name: 'Pick run gradient boosting' }));
    fireEvent.click(screen.getByRole('checkbox', { name: `Pick run ${HOSTILE}` }));
    expect(changes).toEqual([1, 2]);
    fireEvent.click(screen.getByText('Compare'));
    expect(octavo.opened).toEqual([['compare', { project: 'flights', runs: `${'a'.repeat(32)},${'b'.repeat(32)}` }]]);
    model.dispose();
    recent.dispose();
  });

  it('asks again with what is searched for', async () => {
    const asked = server();
    const octavo = fakeOctavo(asked);
    const recent = new RecentRuns(octavo.session);
    const model = new RunsModel(octavo, { project: 'flights' }, recent);
    model.ask({ q: 'boost' });
    await until(() => asked.asked.some(one => one.url.searchParams.get('q') === 'boost'));
    model.dispose();
    recent.dispose();
  });
});
