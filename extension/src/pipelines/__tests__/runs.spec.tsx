import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { PipelineRunSummary } from '../../api/pipelines';
import { HOSTILE, pipeline, pipelineRun } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { GanttChart } from '../components/GanttChart';
import { filterOf, narrowed, WHOLE_WEEK } from '../filter';
import type { ISpan } from '../gantt';
import { gantt } from '../gantt';
import { RunsPage, tally } from '../runs';
import { joined, renewed, RunsModel } from '../runsModel';

const NOW = new Date('2026-01-08T12:00:00Z');

function run(id: string, changes: Partial<PipelineRunSummary> = {}): PipelineRunSummary {
  return pipelineRun({ id, state: 'succeeded', created_at: `2026-01-08T11:00:${id.padStart(2, '0')}Z`, ...changes } as never);
}

function span(id: string, queuedAt: string, startedAt: string | null, endedAt: string | null): ISpan {
  return { id, label: id, state: endedAt ? 'succeeded' : startedAt ? 'running' : 'queued', queuedAt, startedAt, endedAt };
}

describe('the filter', () => {
  it('asks for what happened since a moment before now', () => {
    expect(filterOf(WHOLE_WEEK, NOW)).toMatchObject({ since: '2026-01-01T12:00:00.000Z', until: '' });
    expect(filterOf({ ...WHOLE_WEEK, range: 'all' }, NOW)).toMatchObject({ since: '', until: '' });
  });

  it('takes the last day in, and leaves out what is no day', () => {
    const asked = filterOf({ ...WHOLE_WEEK, range: 'dates', from: '2026-01-01', to: '2026-01-02' }, NOW);
    expect(Date.parse(asked.until ?? '') - Date.parse(asked.since ?? '')).toBe(2 * 86_400_000);
    expect(filterOf({ ...WHOLE_WEEK, range: 'dates', from: 'soon', to: '2026-99-99' }, NOW)).toMatchObject({ since: '', until: '' });
  });

  it('knows whether anything but the time narrows', () => {
    expect(narrowed(WHOLE_WEEK)).toBe(false);
    expect(narrowed({ ...WHOLE_WEEK, person: ' ' })).toBe(false);
    expect(narrowed({ ...WHOLE_WEEK, state: 'failed' })).toBe(true);
  });
});

describe('pages of runs', () => {
  it('are joined without doubles, the fresh ones first', () => {
    const ids = joined([run('5'), run('4', { state: 'failed' })], [run('4'), run('3')]);
    expect(ids.map(one => `${one.id} ${one.state}`)).toEqual(['5 succeeded', '4 failed', '3 succeeded']);
  });

  it('drop the older ones rather than hide a gap', () => {
    expect(renewed([run('9'), run('8')], [run('5'), run('4')]).map(one => one.id)).toEqual(['9', '8']);
    expect(renewed([run('6'), run('5')], [run('5'), run('4')]).map(one => one.id)).toEqual(['6', '5', '4']);
  });

  it('are asked for by cursor, and forgotten when the question changes', async () => {
    const server = new FakeServer({
      'GET projects/flights/runs': asked => (asked.url.searchParams.get('cursor') ? { items: [run('1')], next_cursor: null } : { items: [run('3'), run('2')], next_cursor: 'c2' }),
      'GET projects/flights/pipelines': () => ({ items: [pipeline()], next_cursor: null })
    });
    const model = new RunsModel(fakeOctavo(server), { project: 'flights' });
    await until(() => model.runs.length === 2);
    await model.more();
    expect(model.runs.map(one => one.id)).toEqual(['3', '2', '1']);
    expect(model.hasMore).toBe(false);
    await model.first.refresh();
    expect(model.runs.map(one => one.id)).toEqual(['3', '2', '1']);
    model.ask({ state: 'failed' });
    expect(model.runs).toEqual([]);
    await until(() => model.runs.length === 2);
    expect(server.asked[server.asked.length - 1]?.url.searchParams.get('state')).toBe('failed');
    model.dispose();
  });
});

describe('the Gantt chart', () => {
  it('places what waited and what ran on one axis', () => {
    const drawn = gantt([span('b', '2026-01-08T11:30:00Z', null, null), span('a', '2026-01-08T11:00:00Z', '2026-01-08T11:15:00Z', '2026-01-08T11:45:00Z')], NOW);
    expect(drawn.lines.map(line => line.span.id)).toEqual(['a', 'b']);
    expect(drawn.lines[0]).toMatchObject({ waited: { left: 0, width: 25 }, ran: { left: 25, width: 50 } });
    expect(drawn.lines[1]).toMatchObject({ waited: { left: 50, width: 50 }, ran: null });
    expect(drawn.now).toBe(100);
    expect(drawn.ticks.length).toBeGreaterThan(2);
    expect(drawn.ticks.length).toBeLessThanOrEqual(8);
  });

  it('stays inside its axis whatever the times', () => {
    const times = ['2026-01-08T11:59:59.999Z', '2026-01-08T12:00:00Z', '2020-02-29T00:00:00Z', '2026-01-08T12:00:05Z'];
    for (const queued of times) {
      for (const start of [null, ...times]) {
        for (const end of [null, ...times]) {
          const line = gantt([span('a', queued, start, end)], NOW).lines[0];
          for (const piece of [line?.waited, line?.ran]) {
            expect(piece ? piece.width > 0 && piece.left <= 100 && Number.isFinite(piece.left + piece.width) : true).toBe(true);
          }
        }
      }
    }
  });

  it('says each line in words, opens it, and lets arrow keys move', () => {
    const opened: string[] = [];
    const spans = [span('a', '2026-01-08T11:00:00Z', '2026-01-08T11:00:05Z', '2026-01-08T11:01:05Z'), { ...span('b', '2026-01-08T11:10:00Z', null, null), label: HOSTILE }];
    render(<GanttChart label="Runs over time" spans={spans} onOpen={id => opened.push(id)} />);
    const first = screen.getByRole('button', { name: /^a: succeeded · waited 5.0 s · ran 1 min/ });
    fireEvent.click(first);
    expect(opened).toEqual(['a']);
    first.focus();
    fireEvent.keyDown(first, { key: 'ArrowDown' });
    expect(document.activeElement?.textContent).toContain(HOSTILE);
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('the page of runs', () => {
  function shown(...runs: PipelineRunSummary[]): { server: FakeServer; model: RunsModel; octavo: ReturnType<typeof fakeOctavo> } {
    const server = new FakeServer({
      'GET projects/flights/runs': () => ({ items: runs, next_cursor: null }),
      'GET projects/flights/pipelines': () => ({ items: [pipeline()], next_cursor: null })
    });
    const octavo = fakeOctavo(server);
    const model = new RunsModel(octavo, { project: 'flights' });
    render(<RunsPage model={model} octavo={octavo} />);
    return { server, model, octavo };
  }

  it('answers first how many failed, and opens a run', async () => {
    const { model, octavo } = shown(run('2', { state: 'failed' }), run('1'));
    expect(await screen.findByText('2 runs · 1 failed')).toBeTruthy();
    fireEvent.click(screen.getByText('failed', { selector: 'td' }));
    expect(octavo.opened).toEqual([['pipeline-run', { project: 'flights', id: '2' }]]);
    fireEvent.click(screen.getByRole('tab', { name: 'Gantt' }));
    expect(screen.getByRole('list', { name: 'Runs over time' }).children).toHaveLength(2);
    model.dispose();
  });

  it('says what to do where nothing matches, and lets the filters go', async () => {
    const { server, model } = shown();
    expect(await screen.findByText('Nothing has run in this time')).toBeTruthy();
    fireEvent.change(screen.getByLabelText('Verdict'), { target: { value: 'different' } });
    expect(await screen.findByText('No run matches')).toBeTruthy();
    expect(server.asked[server.asked.length - 1]?.url.searchParams.get('verdict')).toBe('different');
    fireEvent.click(screen.getByText('Clear filters'));
    expect(await screen.findByText('Nothing has run in this time')).toBeTruthy();
    model.dispose();
  });

  it('uses a typed name when the typing stops', async () => {
    const { server, model } = shown(run('1'));
    fireEvent.change(await screen.findByLabelText('Person'), { target: { value: 'ann' } });
    await until(() => server.asked.some(one => one.url.searchParams.get('requested_by') === 'ann'));
    model.dispose();
  });

  it('says what went wrong', async () => {
    const server = new FakeServer({});
    const octavo = fakeOctavo(server);
    const model = new RunsModel(octavo, { project: 'flights' });
    render(<RunsPage model={model} octavo={octavo} />);
    expect((await screen.findByRole('alert')).textContent).toContain('There is no projects/flights/runs.');
    model.dispose();
  });

  it('counts in words', () => {
    expect(tally([], false)).toBe('0 runs');
    expect(tally([run('1')], false)).toBe('1 run · none failed');
    expect(tally([run('2', { state: 'running' }), run('1', { state: 'unknown' })], true)).toBe('the newest 2 runs · 1 running · 1 of unknown outcome');
  });
});
