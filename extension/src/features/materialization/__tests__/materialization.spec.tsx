import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { listMaterialized } from '../../../api/materialization';
import type { Materialization, MaterializationPipeline, MaterializationPlan, MaterializationSchedule, ViewMaterialization } from '../../../api/materialization';
import { ProjectList } from '../../../shell/list';
import { stopClock } from '../../../testing/clock';
import { alert, AT, HOSTILE } from '../../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../../testing/server';
import { BackfillForm, spanned } from '../components/BackfillForm';
import { ClockForm } from '../components/ClockForm';
import { ExpectationForm } from '../components/ExpectationForm';
import { cost } from '../components/states';
import { MaterializationTab } from '../index';
import { MaterializationModel } from '../model';
import { MaterializationPage } from '../page';
import { MaterializationRows } from '../rows';

const BASE = 'projects/flights/features/materialization';
const VIEW = `${BASE}/views/origin_weather`;
const SHA = 'ab'.repeat(32);

stopClock(AT);

function job(changes: Partial<Materialization> = {}): Materialization {
  return {
    id: 'm1',
    project: 'flights',
    kind: 'view',
    name: 'origin_weather',
    views: ['origin_weather'],
    state: 'succeeded',
    reason: 'backfill',
    since: '2025-12-01T00:00:00Z',
    until: '2025-12-31T00:00:00Z',
    windows: 5,
    windows_done: 5,
    rows: 1234,
    message: '5 windows, 1,234 entities, 2.0 s.',
    requested_by: 'scientist',
    schedule: null,
    tick: null,
    created_at: AT,
    started_at: AT,
    ended_at: AT,
    attempts: 1,
    seconds: 2,
    cost_eur: 0.0004,
    snapshot: SHA,
    cancel_requested_by: null,
    ...changes
  };
}

function schedule(): MaterializationSchedule {
  return { id: 'c1', kind: 'view', name: 'origin_weather', cron: '0 * * * *', time_zone: 'UTC', overlap_minutes: 60, created_by: 'scientist', created_at: AT, next_at: '2026-01-01T13:00:00Z', upcoming: [], last_job: null };
}

function view(changes: Partial<ViewMaterialization> = {}): ViewMaterialization {
  return {
    view: 'origin_weather',
    services: ['flights_late'],
    snapshot: SHA,
    newest_event_at: '2026-01-01T11:30:00Z',
    materialized_until: '2025-12-31T12:00:00Z',
    checked_at: AT,
    expectation: null,
    late: [],
    alerts: [],
    schedules: [],
    next_at: null,
    jobs: [],
    push_source: null,
    waiting_rows: 0,
    ...changes
  };
}

function plan(changes: Partial<MaterializationPlan> = {}): MaterializationPlan {
  return { kind: 'view', name: 'origin_weather', views: ['origin_weather'], since: AT, until: AT, windows: 5, window_hours: 168, rows: 26115, seconds: 14.5, cost_eur: 0.0005, profile: 'cpu-small', price_eur_per_hour: 0.12, basis: 'Not measured yet.', refusal: null, ...changes };
}

function tab(answer: () => ViewMaterialization, answers: Record<string, () => unknown> = {}): FakeServer {
  const server = new FakeServer({ [`GET ${VIEW}`]: answer, ...answers });
  render(<MaterializationTab octavo={fakeOctavo(server)} view={{ name: 'origin_weather', project: 'flights' }} />);
  return server;
}

describe('the tab of a view', () => {
  it('holds both figures against what is expected of them', async () => {
    tab(() => view({ expectation: { newest_event_within_s: 3600, materialized_within_s: 3600, set_by: 'oncall', set_at: AT }, late: ['origin_weather was last materialised up to 24 h ago; expected within 1 h.'] }));
    expect(await screen.findByText('within 1 h')).toBeTruthy();
    expect(screen.getByText('late: expected within 1 h')).toBeTruthy();
    expect(screen.getByText(/was last materialised up to 24 h ago/)).toBeTruthy();
  });

  it('says where nothing is set, nothing ran and nothing comes', async () => {
    tab(() => view({ newest_event_at: null, materialized_until: null }));
    expect(await screen.findAllByText('no limit set')).toHaveLength(2);
    expect(screen.getByText('No job yet')).toBeTruthy();
    expect(screen.getByText('No schedule')).toBeTruthy();
    expect(screen.getByText('no event')).toBeTruthy();
  });

  it('shows progress by window and cancels', async () => {
    const server = tab(() => view({ jobs: [job({ state: 'running', windows_done: 2, ended_at: null, message: 'Window 2 of 5 is done.' })] }), { [`POST ${BASE}/jobs/m1/cancel`]: () => job() });
    expect((await screen.findByRole('progressbar')).getAttribute('aria-valuenow')).toBe('2');
    fireEvent.click(screen.getByText('Cancel'));
    await until(() => server.asked.some(one => one.method === 'POST'));
  });

  it('offers alerts to whoever takes them, and shows any text as text', async () => {
    tab(() => view({ alerts: [alert({ deployment: '', rule: 'freshness', message: HOSTILE })], jobs: [job({ message: HOSTILE, requested_by: HOSTILE })] }));
    expect(await screen.findByText('Take it')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('says what went wrong', async () => {
    const server = new FakeServer({ [`GET ${VIEW}`]: () => refusal(404, 'not_found', "There is no feature view 'origin_weather' in flights.") });
    render(<MaterializationTab octavo={fakeOctavo(server)} view={{ name: 'origin_weather', project: 'flights' }} />);
    expect((await screen.findByRole('alert')).textContent).toContain('There is no feature view');
  });

  it('removes a schedule', async () => {
    const server = tab(() => view({ schedules: [schedule()], next_at: '2026-01-01T13:00:00Z' }), { [`DELETE ${BASE}/schedules/c1`]: () => new Response(null, { status: 204 }) });
    fireEvent.click(await screen.findByLabelText('Delete schedule 0 * * * *'));
    await until(() => server.asked.some(one => one.method === 'DELETE'));
  });
});

it('the page of a service shows its own jobs and schedules alone', async () => {
  const server = new FakeServer({
    [`GET ${BASE}/jobs`]: () => ({ items: [job({ kind: 'service', name: 'flights_late' }), job({ id: 'other', name: 'flights_late', message: 'of a view' })], next_cursor: null }),
    [`GET ${BASE}/schedules`]: () => ({ items: [schedule()] })
  });
  const octavo = fakeOctavo(server);
  const model = new MaterializationModel(octavo, { project: 'flights', kind: 'service', name: 'flights_late' });
  render(<MaterializationPage model={model} octavo={octavo} />);
  expect(await screen.findByText('Materialisation of service flights_late')).toBeTruthy();
  const table = screen.getByRole('table', { name: 'Materialisations' });
  expect(within(table).getAllByRole('row')).toHaveLength(2);
  expect(screen.getByText('It is materialised when somebody asks for it.')).toBeTruthy();
  model.dispose();
});

describe('the dialog of a job', () => {
  it('says windows, time and cost before it can be started', async () => {
    const started: unknown[] = [];
    render(<BackfillForm backfill plan={async () => plan()} onStart={async span => started.push(span)} onCancel={() => undefined} />);
    fireEvent.click(screen.getByText('Backfill'));
    expect(started).toEqual([]);
    expect(await screen.findByText('under 0.01 € (cpu-small at 0.12 € an hour)')).toBeTruthy();
    expect(screen.getByText('26,115')).toBeTruthy();
    fireEvent.click(screen.getByText('Backfill'));
    await until(() => started.length === 1);
    expect(started[0]).toEqual({ since: '2025-12-02T00:00:00.000Z', until: AT.replace('Z', '.000Z'), window_hours: 168 });
  });

  it('can not be started when the project has no money left, or the platform refuses the span', async () => {
    const { rerender } = render(<BackfillForm backfill plan={async () => plan({ refusal: 'The budget of flights for this month is used up.' })} onStart={async () => undefined} onCancel={() => undefined} />);
    expect(await screen.findByText('The budget of flights for this month is used up.')).toBeTruthy();
    const refused = async (): Promise<never> => Promise.reject(new Error('the span is too long'));
    rerender(<BackfillForm backfill plan={refused} onStart={async () => undefined} onCancel={() => undefined} />);
    expect((await screen.findAllByText(/the span is too long/)).length).toBeGreaterThan(0);
  });

  it('goes on from the last end without any day', async () => {
    const asked: unknown[] = [];
    render(
      <BackfillForm
        backfill={false}
        plan={async span => {
          asked.push(span);
          return plan();
        }}
        onStart={async () => undefined}
        onCancel={() => undefined}
      />
    );
    await until(() => asked.length === 1);
    expect(asked).toEqual([{}]);
    expect(screen.queryByLabelText('From')).toBeNull();
  });

  it('refuses days that make no span', () => {
    const now = new Date(AT);
    expect(spanned('2025-12-05', '2025-12-01', '', now)).toBe('The last day is before the first.');
    expect(spanned('', '2025-12-01', '', now)).toBe('Choose both days.');
    expect(spanned('2026-02-01', '2026-02-03', '', now)).toBe('That day has not come yet.');
    expect(spanned('2025-12-31', '2026-01-01', '24', now)).toEqual({ since: '2025-12-31T00:00:00.000Z', until: '2026-01-01T12:00:00.000Z', window_hours: 24 });
  });
});

it('a schedule is made of a cron line, a zone and how far it reaches back', async () => {
  const made: unknown[] = [];
  render(<ClockForm zones={['UTC']} onSchedule={async timing => made.push(timing)} onCancel={() => undefined} />);
  fireEvent.change(screen.getByLabelText('Cron line'), { target: { value: '0 0 30 2 *' } });
  expect(screen.getAllByText('That day never comes.').length).toBeGreaterThan(0);
  fireEvent.change(screen.getByLabelText('Cron line'), { target: { value: '15 * * * *' } });
  fireEvent.change(screen.getByLabelText('Reach back'), { target: { value: '1440' } });
  fireEvent.click(screen.getByText('Schedule'));
  await until(() => made.length === 1);
  expect(made[0]).toEqual({ cron: '15 * * * *', time_zone: 'UTC', overlap_minutes: 1440 });
});

it('an expectation needs one limit at least', async () => {
  const set: unknown[] = [];
  render(<ExpectationForm now={null} onExpect={async wanted => set.push(wanted)} onCancel={() => undefined} />);
  fireEvent.change(screen.getByLabelText('Materialised within'), { target: { value: '' } });
  expect(screen.getByText('Set a limit for one of them.')).toBeTruthy();
  fireEvent.change(screen.getByLabelText('Newest event within'), { target: { value: '3600' } });
  fireEvent.click(screen.getByText('Set'));
  await until(() => set.length === 1);
  expect(set[0]).toEqual({ newest_event_within_s: 3600, materialized_within_s: null });
});

describe('the rows among the pipelines', () => {
  const pipeline = (changes: Partial<MaterializationPipeline>): MaterializationPipeline => ({ kind: 'view', name: 'origin_weather', schedules: 0, next_at: null, last: null, late: [], ...changes });

  it('say what runs, what is late and what comes next', async () => {
    const items = [pipeline({ last: job({ state: 'running', windows_done: 2 }) }), pipeline({ name: 'carrier_delay', late: ['carrier_delay was never materialised; expected within 1 h.'] }), pipeline({ kind: 'service', name: 'flights_late', last: job(), next_at: '2026-01-01T13:00:00Z' })];
    const octavo = fakeOctavo(new FakeServer({ [`GET ${BASE}/pipelines`]: () => ({ items }) }));
    const list = new ProjectList(octavo.session, listMaterialized);
    render(<MaterializationRows list={list} octavo={octavo} query="" />);
    expect(await screen.findByText('2 of 5')).toBeTruthy();
    expect(screen.getByText('carrier_delay was never materialised; expected within 1 h.')).toBeTruthy();
    fireEvent.click(screen.getByText('flights_late'));
    expect(octavo.opened).toEqual([['materialization', { project: 'flights', kind: 'service', name: 'flights_late' }]]);
    list.dispose();
  });

  it('are none where nothing is materialised', async () => {
    const server = new FakeServer({ [`GET ${BASE}/pipelines`]: () => ({ items: [] }) });
    const octavo = fakeOctavo(server);
    const list = new ProjectList(octavo.session, listMaterialized);
    const { container } = render(<MaterializationRows list={list} octavo={octavo} query="" />);
    await until(() => list.resource.state.value !== undefined);
    expect(container.textContent).toBe('');
    list.dispose();
  });
});

it('a little money is not nothing', () => {
  expect([cost(0), cost(0.001), cost(0.5), cost(null)]).toEqual(['0.00 €', 'under 0.01 €', '0.50 €', '–']);
});
