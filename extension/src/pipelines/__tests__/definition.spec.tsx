import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { Backfill, Plan, Step } from '../../api/definitions';
import { OctavoError } from '../../request';
import { AT, HOSTILE, parameter, pipeline } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { BackfillForm, daysOf } from '../components/BackfillForm';
import { backfillLine } from '../components/Backfills';
import { DefinitionEditor } from '../components/DefinitionEditor';
import { catchUpWords } from '../components/Starts';
import { TriggerForm } from '../components/TriggerForm';
import { PipelineModel } from '../model';
import { needsOf, PipelinePage, stepWords } from '../pipeline';

const plan = (changes: Partial<Plan> = {}): Plan => ({ name: 'nightly', new: false, digest: 'd1', changes: [{ op: 'change', what: 'steps.train.release', before: 'train release 1', after: HOSTILE }], releases: [], ...changes });
const backfill = (changes: Partial<Backfill> = {}): Backfill => ({ id: 'b1', pipeline: 'score', parameter: 'day', first: '2013-07-01', last: '2013-07-10', at_a_time: 2, days: 10, started: 5, ended: 3, succeeded: 2, state: 'running', created_by: 'scientist', created_at: AT, ended_at: null, cancel_requested_by: null, ...changes });
const step = (changes: Partial<Step>): Step => ({ name: 'train', release: 'train@1', ...changes }) as Step;

describe('the definition', () => {
  it('says what applying it would change, and applies just that', async () => {
    const apply = jest.fn(async () => undefined);
    render(<DefinitionEditor yaml="name: nightly" plan={async () => plan()} apply={apply} />);
    expect(await screen.findByText('steps.train.release')).toBeTruthy();
    expect(screen.getByText(HOSTILE)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    fireEvent.click(screen.getByText('Apply'));
    await until(() => apply.mock.calls.length === 1);
    expect(apply).toHaveBeenCalledWith('name: nightly', plan());
  });

  it('says what is wrong while one types, and can not be applied then', async () => {
    const apply = jest.fn(async () => undefined);
    const look = jest.fn(async (yaml: string) => {
      if (yaml.includes('loop')) {
        throw new OctavoError(422, 'invalid', 'Step train needs itself.', 'Take it from its needs.', '');
      }
      return plan({ changes: [] });
    });
    render(<DefinitionEditor yaml="name: nightly" plan={look} apply={apply} />);
    expect(await screen.findByText('Applying it would change nothing.')).toBeTruthy();
    fireEvent.change(screen.getByLabelText('Definition (pipeline.yaml)'), { target: { value: 'name: loop' } });
    expect((await screen.findByRole('alert')).textContent).toContain('Step train needs itself.');
    fireEvent.click(screen.getByText('Apply'));
    expect(apply).not.toHaveBeenCalled();
    fireEvent.click(screen.getByText('Discard changes'));
    expect(await screen.findByText('Applying it would change nothing.')).toBeTruthy();
  });

  it('is not planned anew for each key', async () => {
    const look = jest.fn(async () => plan());
    render(<DefinitionEditor yaml="a" plan={look} apply={async () => undefined} />);
    for (const value of ['ab', 'abc', 'abcd']) {
      fireEvent.change(screen.getByLabelText('Definition (pipeline.yaml)'), { target: { value } });
    }
    await screen.findByText('steps.train.release');
    expect(look).toHaveBeenCalledTimes(1);
    expect(look).toHaveBeenCalledWith('abcd', expect.anything());
  });
});

describe('a step', () => {
  it('comes after all that it takes from, waits for or names', () => {
    expect(needsOf(step({ needs: ['a'], inputs: { table: 'b.out', again: 'a.out' }, when: [{ step: 'c', ended: 'failed', one_of: [] }] as never }))).toEqual(['a', 'b', 'c']);
  });

  it('says what is special about it', () => {
    expect(stepWords(step({}))).toEqual([]);
    expect(stepWords(step({ fan_out: { parameter: 'carrier', values: ['AA', 'UA'] }, retry: { attempts: 3 } as never, cache: { max_age_hours: 24 }, timeout_minutes: 5 }))).toEqual(['2 values of carrier', '3 attempts', 'cached for 24 h', 'at most 5 min']);
  });
});

describe('a backfill', () => {
  it('counts its days, both ends with it, and refuses what is too long or backwards', () => {
    expect(daysOf('2024-02-28', '2024-03-01')).toBe(3);
    expect(daysOf('2024-02-28', '2024-02-28')).toBe(1);
    expect(daysOf('2024-03-01', '2024-02-28')).toBe('2024-02-28 is before 2024-03-01.');
    expect(daysOf('2020-01-01', '2024-01-01')).toBe('1462 days are more than the 1000 of one backfill; make several.');
    expect(daysOf('', 'soon')).toBe('Choose the first and the last day.');
  });

  it('says how many runs it makes, and sends them', async () => {
    const sent: unknown[] = [];
    render(<BackfillForm pipeline={pipeline({ parameters: [parameter(), parameter({ name: 'rows', type: 'int', default: 3 })] })} onCancel={() => undefined} onBackfill={async body => sent.push(body)} />);
    fireEvent.change(screen.getByLabelText('First day'), { target: { value: '2013-07-01' } });
    fireEvent.change(screen.getByLabelText('Last day'), { target: { value: '2013-07-03' } });
    expect(screen.getByText('Makes 3 runs, booked on the project.')).toBeTruthy();
    fireEvent.click(screen.getByText('Backfill'));
    await until(() => sent.length === 1);
    expect(sent[0]).toEqual({ parameter: 'day', first: '2013-07-01', last: '2013-07-03', at_a_time: 2, newest_first: false, parameters: { rows: 3 } });
  });

  it('needs a date among the parameters', () => {
    render(<BackfillForm pipeline={pipeline({ parameters: [] })} onCancel={() => undefined} onBackfill={async () => undefined} />);
    expect(screen.getByText('score has no parameter that is a date')).toBeTruthy();
  });

  it('says how far it is', () => {
    expect(backfillLine(backfill())).toBe('3 of 10 days done · 1 did not succeed · 2 under way');
    expect(backfillLine(backfill({ ended: 10, succeeded: 10, state: 'done' }))).toBe('10 of 10 days done · done');
  });
});

it('a trigger names what it waits for', async () => {
  const sent: unknown[] = [];
  render(<TriggerForm pipelines={['load']} onCancel={() => undefined} onTrigger={async body => sent.push(body)} />);
  fireEvent.click(screen.getByText('Add trigger'));
  expect(sent).toEqual([]);
  fireEvent.change(screen.getByLabelText('Run it when'), { target: { value: 'pipeline' } });
  fireEvent.change(screen.getByLabelText('Pipeline'), { target: { value: 'load' } });
  fireEvent.click(screen.getByText('Add trigger'));
  await until(() => sent.length === 1);
  expect(sent[0]).toEqual({ on: 'pipeline', source: 'load', ended: 'succeeded', settle_s: 60, parameters: {} });
});

describe('the page of a pipeline', () => {
  const base = 'projects/flights/pipelines/score';
  const actions = { runRelease: jest.fn(), run: jest.fn(), schedule: jest.fn(), backfill: jest.fn(), trigger: jest.fn(), again: jest.fn(), openOutput: jest.fn(), drawOutput: () => null };
  const schedule = { id: 'p1', pipeline: 'score', cron: '0 5 * * *', time_zone: 'Europe/Berlin', parameters: {}, created_by: 'scientist', created_at: AT, next_at: AT, upcoming: [AT], last_run: null, catch_up: 'latest' as const, max_age_hours: 24, paused: false };

  function shown(changes: Parameters<typeof pipeline>[0] = {}): { server: FakeServer; model: PipelineModel; octavo: ReturnType<typeof fakeOctavo> } {
    const server = new FakeServer({
      [`GET ${base}`]: () => pipeline({ schedules: [schedule], ...changes }),
      'GET projects/flights/runs': () => ({ items: [], next_cursor: null }),
      [`GET ${base}/triggers`]: () => ({ items: [{ id: 't1', on: 'data', source: 'raw/flights', ended: 'succeeded', settle_s: 60, parameters: {}, created_by: 'scientist', created_at: AT, last_run: null }] }),
      [`GET ${base}/backfills`]: () => ({ items: [backfill()] }),
      [`GET ${base}/definition`]: () => ({ yaml: 'name: score\n' }),
      'POST projects/flights/pipelines/plan': () => plan({ changes: [] }),
      [`POST ${base}/schedules/p1/pause`]: () => ({ ...schedule, paused: true }),
      'POST projects/flights/backfills/b1/cancel': () => backfill({ cancel_requested_by: 'scientist' })
    });
    const octavo = fakeOctavo(server);
    const model = new PipelineModel(octavo, { project: 'flights', name: 'score' });
    render(<PipelinePage model={model} octavo={octavo} actions={actions} />);
    return { server, model, octavo };
  }

  it('shows what starts it and lets a schedule pause', async () => {
    const { server, model } = shown();
    expect(await screen.findByText('the last one is made up for, none older than 24 h')).toBeTruthy();
    expect(await screen.findByText('When raw/flights has changed and stayed so for 60 s')).toBeTruthy();
    fireEvent.click(screen.getByLabelText('Pause schedule 0 5 * * *'));
    await until(() => server.asked.some(one => one.method === 'POST' && one.url.pathname.endsWith('/p1/pause')));
    model.dispose();
  });

  it('follows and cancels its backfills', async () => {
    const { server, model } = shown();
    fireEvent.click(await screen.findByRole('tab', { name: 'Backfills' }));
    fireEvent.click(await screen.findByLabelText('Cancel the backfill from 2013-07-01'));
    await until(() => server.asked.some(one => one.url.pathname.endsWith('/backfills/b1/cancel')));
    model.dispose();
  });

  it('shows its definition as text', async () => {
    const { model } = shown();
    fireEvent.click(await screen.findByRole('tab', { name: 'Definition' }));
    expect(await screen.findByDisplayValue('name: score')).toBeTruthy();
    model.dispose();
  });

  it('draws its steps, each of which opens its release', async () => {
    const graph = { parameters: [], steps: [step({ name: 'load', release: 'a'.repeat(64) }), step({ name: 'train', release: 'b'.repeat(64), needs: ['load'] })] };
    const { model, octavo } = shown({ release: null, graph, releases: [{ step: 'train', digest: 'b'.repeat(64), name: 'trees', number: 3, profile: 'cpu-small' }] });
    fireEvent.click(await screen.findByRole('button', { name: 'train: trees release 3, trees release 3, after load' }));
    expect(octavo.opened).toEqual([['release', { project: 'flights', digest: 'b'.repeat(64) }]]);
    expect(screen.getByText('2 steps')).toBeTruthy();
    model.dispose();
  });

  it('words of missed times', () => {
    expect(catchUpWords({ ...schedule, catch_up: 'skip', max_age_hours: null })).toBe('pass by');
    expect(catchUpWords({ ...schedule, catch_up: 'all', max_age_hours: null })).toBe('made up for');
  });
});
