import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { AT, HOSTILE, parameter, pipeline, pipelineRun, submission } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { ProjectList } from '../../shell/list';
import { listMaterialized } from '../../api/materialization';
import { listReleases, listSubmissions } from '../../api/notebooks';
import { listPipelineRuns, listPipelines } from '../../api/pipelines';
import type { PipelineRun } from '../../api/pipelines';
import { RunForm } from '../components/RunForm';
import { cellsDone } from '../components/RunProgress';
import { ScheduleForm } from '../components/ScheduleForm';
import { PipelineRunModel } from '../runModel';
import { ending, PipelineRunPage } from '../run';
import { PipelineSection } from '../section';

const RUN = 'projects/flights/runs/r1';
const actions = { runRelease: jest.fn(), run: jest.fn(), schedule: jest.fn(), backfill: jest.fn(), trigger: jest.fn(), again: jest.fn(), openOutput: jest.fn(), drawOutput: () => null };

function events(...said: object[]): Response {
  const text = said.map((event, seq) => `id: ${seq + 1}\nevent: x\ndata: ${JSON.stringify({ seq: seq + 1, at: AT, attempt: 1, message: '', ...event })}\n\n`).join('');
  return new Response(`${text}event: done\ndata: {}\n\n`, { headers: { 'Content-Type': 'text/event-stream' } });
}

function shown(run: () => PipelineRun, ...said: object[]): { server: FakeServer; model: PipelineRunModel } {
  const server = new FakeServer({ [`GET ${RUN}`]: run, [`GET ${RUN}/events`]: () => events(...said), [`POST ${RUN}/cancel`]: () => pipelineRun({ cancel_requested_by: 'oncall' }) });
  const octavo = fakeOctavo(server);
  const model = new PipelineRunModel(octavo, { project: 'flights', id: 'r1' });
  render(<PipelineRunPage model={model} octavo={octavo} actions={actions} />);
  return { server, model };
}

describe('a pipeline run', () => {
  it('follows its events cell by cell', async () => {
    const { model } = shown(() => pipelineRun({ progress: { pass_number: 1, passes: 1, cell: 0, cells: 0, elapsed_s: 0, step: '' } }), { kind: 'cell_started', cell: 0, cells: 3 }, { kind: 'cell_finished', cell: 0, cells: 3, seconds: 1.2 });
    expect(await screen.findByText('cell 1 of 3')).toBeTruthy();
    expect(screen.getByText('Cell 1')).toBeTruthy();
    fireEvent.click(screen.getByRole('tab', { name: 'Log' }));
    expect(screen.getByText('cell 1 finished in 1.2 s')).toBeTruthy();
    expect(screen.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('1');
    model.dispose();
  });

  it('says of a hand-off that nobody approved it, and proves nothing', async () => {
    const handedOff = { pipeline: '', release: null, notebook: 'flights/train.ipynb', environment: 'dev', approved: false, trigger: 'hand_off', state: 'succeeded' } as const;
    const { model, server } = shown(() => pipelineRun(handedOff));
    expect(await screen.findByText('Run of flights/train.ipynb')).toBeTruthy();
    expect(screen.getByText('Not approved')).toBeTruthy();
    expect(screen.getByText('flights/train.ipynb, handed off, not approved')).toBeTruthy();
    expect(screen.getByText('Nothing was approved that it could be compared with.')).toBeTruthy();
    expect(server.asked.some(one => JSON.stringify(one).includes('provenance'))).toBe(false);
    expect(ending(pipelineRun(handedOff))).toMatch(/^Run of flights\/train.ipynb: succeeded/);
    model.dispose();
  });

  it('emits once when it has ended', async () => {
    let over = false;
    let say: (events: Response) => void = () => undefined;
    const server = new FakeServer({
      [`GET ${RUN}`]: () => (over ? pipelineRun({ state: 'succeeded', ended_at: AT }) : pipelineRun()),
      [`GET ${RUN}/events`]: () => new Promise<Response>(resolve => (say = resolve))
    });
    const model = new PipelineRunModel(fakeOctavo(server), { project: 'flights', id: 'r1' });
    const ends: string[] = [];
    model.finished.connect((_, run) => ends.push(run.state));
    await until(() => model.run.state.value !== undefined);
    over = true;
    say(events({ kind: 'state', state: 'succeeded' }));
    await until(() => ends.length > 0);
    expect(ends).toEqual(['succeeded']);
    model.dispose();
  });

  it('shows the cell that failed, whatever it holds', async () => {
    const error = { cell: 4, source: HOSTILE, ename: 'ValueError', evalue: 'no flights', traceback: 'line 1' };
    const { model } = shown(() => pipelineRun({ state: 'failed', error }));
    expect((await screen.findByRole('alert')).textContent).toContain('Cell 5 failed ValueError: no flights');
    expect(document.querySelector('img')).toBeNull();
    model.dispose();
  });

  it('can be cancelled', async () => {
    const { server, model } = shown(() => pipelineRun());
    fireEvent.click(await screen.findByText('Cancel run'));
    await until(() => server.asked.some(asked => asked.method === 'POST' && asked.url.pathname.endsWith('/cancel')));
    model.dispose();
  });

  it('of unknown outcome asks a person', async () => {
    const { model } = shown(() => pipelineRun({ state: 'unknown' }));
    expect(await screen.findByText('Retry')).toBeTruthy();
    expect(screen.getByText('Give up')).toBeTruthy();
    model.dispose();
  });

  it('counts the cells of its last attempt', () => {
    const said = (attempt: number, kind: 'cell_finished'): never => ({ seq: 1, kind, at: AT, attempt, cells: 5 }) as never;
    const fresh = pipelineRun({ progress: { pass_number: 1, passes: 1, cell: 0, cells: 0, elapsed_s: 0, step: '' } });
    expect(cellsDone(fresh, [said(1, 'cell_finished'), said(1, 'cell_finished'), said(2, 'cell_finished')])).toEqual({ done: 1, all: 5 });
  });

  it('says how it ended', () => {
    expect(ending(pipelineRun({ state: 'succeeded', ended_at: '2026-01-01T12:01:10Z', verdict: 'identical' }))).toBe('Run of score: succeeded · 1 min 10 s · identical');
  });
});

describe('forms', () => {
  it('run with typed values alone', async () => {
    const started: unknown[] = [];
    render(<RunForm pipeline="score" fixed={false} parameters={[parameter({ name: 'rows', type: 'int', default: 3 })]} note="" onCancel={() => undefined} onRun={async (...all) => started.push(all)} />);
    fireEvent.change(screen.getByLabelText('rows'), { target: { value: 'many' } });
    fireEvent.click(screen.getByText('Run'));
    expect(screen.getAllByText('many is no whole number.').length).toBeGreaterThan(0);
    fireEvent.change(screen.getByLabelText('rows'), { target: { value: '12' } });
    fireEvent.click(screen.getByText('Run'));
    await until(() => started.length === 1);
    expect(started[0]).toEqual(['score', { rows: 12 }]);
  });

  it('schedule says the next five times, and refuses what is no time or zone', async () => {
    const made: unknown[] = [];
    render(<ScheduleForm pipeline={pipeline()} zones={['UTC']} onCancel={() => undefined} onSchedule={async body => made.push(body)} />);
    expect(screen.getByRole('list', { name: 'Next times' }).children).toHaveLength(5);
    fireEvent.change(screen.getByLabelText('Time zone'), { target: { value: 'Mars/Olympus' } });
    fireEvent.click(screen.getByText('Schedule'));
    expect(made).toEqual([]);
    fireEvent.change(screen.getByLabelText('Time zone'), { target: { value: 'Europe/Berlin' } });
    fireEvent.change(screen.getByLabelText('Cron line'), { target: { value: '0 6 * * 1-5' } });
    fireEvent.click(screen.getByText('Schedule'));
    await until(() => made.length === 1);
    expect(made[0]).toEqual({ cron: '0 6 * * 1-5', time_zone: 'Europe/Berlin', parameters: { day: '2013-07-01' }, catch_up: 'latest', max_age_hours: 24 });
  });
});

it('the sidebar shows what waits, what runs and what could run', async () => {
  const server = new FakeServer({
    'GET projects/flights/notebooks/submissions': () => ({ items: [submission()], next_cursor: null }),
    'GET projects/flights/notebooks/releases': () => ({ items: [], next_cursor: null }),
    'GET projects/flights/pipelines': () => ({ items: [pipeline({ last_run: pipelineRun({ state: 'succeeded', verdict: 'identical' }) })], next_cursor: null }),
    'GET projects/flights/runs': () => ({ items: [pipelineRun({ id: 'h1', trigger: 'hand_off', pipeline: '', notebook: 'flights/train.ipynb' }), pipelineRun()], next_cursor: null })
  });
  const octavo = fakeOctavo(server);
  const lists = { submissions: new ProjectList(octavo.session, listSubmissions), releases: new ProjectList(octavo.session, listReleases), materialized: new ProjectList(octavo.session, listMaterialized), pipelines: new ProjectList(octavo.session, listPipelines), runs: new ProjectList(octavo.session, (requests, project) => listPipelineRuns(requests, project)) };
  render(<PipelineSection lists={lists} octavo={octavo} actions={actions} />);
  expect(await screen.findByText('identical')).toBeTruthy();
  fireEvent.click(screen.getByLabelText('Review: score'));
  fireEvent.click(await screen.findByText('flights/train.ipynb'));
  expect(octavo.opened).toEqual([
    ['review', { project: 'flights', id: 's1' }],
    ['pipeline-run', { project: 'flights', id: 'h1' }]
  ]);
  fireEvent.click(screen.getByLabelText('Run: score'));
  expect(actions.run).toHaveBeenCalled();
  Object.values(lists).forEach(list => list.dispose());
});
