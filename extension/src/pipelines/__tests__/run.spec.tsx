import { act, fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { layout } from '../../lineage/layout';
import type { GraphStep, PipelineRun } from '../../api/pipelines';
import { AT, HOSTILE, pipelineRun } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import type { MeasuredEvent } from '../cells';
import { carried, cellsOf, MOST_PRINTED, sourcesOf } from '../cells';
import { CellList } from '../components/CellList';
import { RunLog } from '../components/RunProgress';
import { around } from '../components/StepGraph';
import { stepSpans } from '../components/Steps';
import { depths, shape } from '../graph';
import { PipelineRunPage } from '../run';
import { PipelineRunModel } from '../runModel';

function event(seq: number, changes: Partial<MeasuredEvent>): MeasuredEvent {
  return { seq, kind: 'log', at: AT, attempt: 1, cell: null, cells: null, seconds: null, state: null, message: '', ...changes };
}

function step(name: string, changes: Partial<GraphStep> = {}): GraphStep {
  return { name, needs: [], release: 'a'.repeat(64), state: 'waiting', runs: [], done: 0, items: 1, message: '', ...changes };
}

describe('the cells of a run', () => {
  const sources = [
    { code: false, source: '# Title' },
    { code: true, source: 'a = 1' },
    { code: true, source: 'b = 2' }
  ];

  it('stand as the last attempt left them', () => {
    const cells = cellsOf(sources, [event(1, { kind: 'cell_finished', cell: 2, attempt: 1 }), event(2, { kind: 'cell_started', cell: 1, attempt: 2 }), event(3, { kind: 'cell_finished', cell: 1, attempt: 2, seconds: 1.5, memory_mib: 120 }), event(4, { kind: 'cell_started', cell: 2, attempt: 2 })], false);
    expect(cells.map(cell => cell.state)).toEqual(['waiting', 'done', 'running']);
    expect(cells[1]).toMatchObject({ seconds: 1.5, memoryMib: 120, source: 'a = 1' });
  });

  it('that ran when all was over were stopped', () => {
    expect(cellsOf([], [event(1, { kind: 'cell_started', cell: 0 })], true)[0]?.state).toBe('left');
    expect(cellsOf([], [event(1, { kind: 'cell_started', cell: 0 }), event(2, { kind: 'error', cell: 0 }), event(3, { kind: 'cell_finished', cell: 0 })], true)[0]?.state).toBe('failed');
  });

  it('keep the end of what they print, as a terminal would show it', () => {
    expect(carried('10 %\r', '20 %\rdone\n')).toBe('done\n');
    expect(carried('a\r\n', 'b\n')).toBe('a\r\nb\n');
    const long = carried('x'.repeat(MOST_PRINTED), 'the end');
    expect(long.length).toBe(MOST_PRINTED + 1);
    expect(long.endsWith('the end')).toBe(true);
  });

  it('are read from any notebook, however odd', () => {
    expect(sourcesOf(null)).toEqual([]);
    expect(sourcesOf({ cells: 'no' } as never)).toEqual([]);
    expect(sourcesOf({ cells: [null, { cell_type: 'code', source: ['a\n', 5, 'b'] }] } as never)).toEqual([
      { code: false, source: '' },
      { code: true, source: 'a\nb' }
    ]);
  });

  it('are shown with their figures, as text whatever they hold', () => {
    const cells = cellsOf([{ code: true, source: HOSTILE }], [event(1, { kind: 'log', cell: 0, message: HOSTILE }), event(2, { kind: 'cell_finished', cell: 0, seconds: 2, memory_mib: 300.4 })], true);
    render(<CellList cells={cells} live={false} />);
    expect(screen.getByLabelText('Code of cell 1').textContent).toBe(HOSTILE);
    expect(screen.getByLabelText('Printed by cell 1').textContent).toBe(HOSTILE);
    expect(screen.getByText('300 MiB')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('fold long code', () => {
    render(<CellList cells={cellsOf([{ code: true, source: Array.from({ length: 30 }, (_, n) => `line ${n}`).join('\n') }], [], false)} live />);
    expect(screen.getByLabelText('Code of cell 1').textContent).not.toContain('line 29');
    fireEvent.click(screen.getByText('18 more lines'));
    expect(screen.getByLabelText('Code of cell 1').textContent).toContain('line 29');
  });
});

it('a long log shows its newest part', () => {
  render(<RunLog events={Array.from({ length: 700 }, (_, seq) => event(seq, { kind: 'state', message: `line ${seq}` }))} />);
  expect(screen.queryByText('line 10')).toBeNull();
  fireEvent.click(screen.getByText('Show 200 earlier lines'));
  expect(screen.getByText('line 10')).toBeTruthy();
});

describe('a graph', () => {
  it('puts each step right of all that it needs', () => {
    const found = depths([step('c', { needs: ['b', 'a'] }), step('a'), step('b', { needs: ['a'] })]);
    expect([...found]).toEqual(expect.arrayContaining([['a', 0], ['b', 1], ['c', 2]]));
  });

  it('is drawn even if it goes in circles or needs what is not there', () => {
    const found = depths([step('a', { needs: ['b'] }), step('b', { needs: ['a'] }), step('c', { needs: ['gone', 'c'] })]);
    expect(found.get('c')).toBe(0);
    expect([found.get('a'), found.get('b')].every(depth => typeof depth === 'number' && depth < 2)).toBe(true);
    expect(shape([step('c', { needs: ['gone', 'c'] })]).edges).toEqual([]);
  });

  it('draws a line that skips a column around what stands there', () => {
    const { nodes, edges } = shape([step('a'), step('b', { needs: ['a'] }), step('c', { needs: ['a', 'b'] })]);
    const drawn = layout({ root: '', nodes, edges, truncated: false });
    expect(edges.map(edge => [edge.source, edge.target, around(edge, drawn) !== null])).toEqual([
      ['a', 'b', false],
      ['a', 'c', true],
      ['b', 'c', false]
    ]);
  });

  it('of many steps is laid out at once', () => {
    const many = Array.from({ length: 50 }, (_, n) => step(`s${n}`, { needs: Array.from({ length: n }, (_one, at) => `s${at}`) }));
    expect(depths(many).get('s49')).toBe(49);
  });

  it('numbers the runs of a step that fans out, and says what was reused', () => {
    const of = (id: string, name: string, item: number, reuses: string | null = null): PipelineRun => pipelineRun({ id, step: name, item, reuses });
    expect(stepSpans([of('1', 'load', 0, 'r0'), of('2', 'train', 0), of('3', 'train', 1)]).map(span => span.label)).toEqual(['load · reused', 'train 1', 'train 2']);
  });
});

describe('the page of a graph', () => {
  const path = 'projects/flights/runs/r1';
  function shown(changes: Partial<PipelineRun>): { model: PipelineRunModel; server: FakeServer; octavo: ReturnType<typeof fakeOctavo>; actions: Record<string, jest.Mock> } {
    const run = pipelineRun({ kind: 'graph', release: null, steps: [step('load', { state: 'succeeded', runs: ['c1'], done: 1 }), step('train', { state: 'failed', needs: ['load'], runs: ['c2', 'c3'], done: 2, items: 2, message: 'Cell 3 failed.' }), step('report', { needs: ['train'] })], ...changes });
    const server = new FakeServer({
      [`GET ${path}`]: () => run,
      [`GET ${path}/events`]: () => new Response('event: done\ndata: {}\n\n', { headers: { 'Content-Type': 'text/event-stream' } }),
      [`POST ${path}/resume`]: () => pipelineRun({ id: 'r2', kind: 'graph' }),
      'GET projects/flights/runs': () => ({ items: [pipelineRun({ id: 'c1', step: 'load', state: 'succeeded', ended_at: AT })], next_cursor: null })
    });
    const octavo = fakeOctavo(server);
    const model = new PipelineRunModel(octavo, { project: 'flights', id: 'r1' });
    const actions = { runRelease: jest.fn(), run: jest.fn(), schedule: jest.fn(), backfill: jest.fn(), trigger: jest.fn(), again: jest.fn(async () => undefined), openOutput: jest.fn(), drawOutput: jest.fn(() => null) };
    render(<PipelineRunPage model={model} octavo={octavo} actions={actions} />);
    return { model, server, octavo, actions };
  }

  it('says where each step stands and why, and opens its run', async () => {
    const { model, octavo, server } = shown({ state: 'failed', ended_at: AT });
    const graph = await screen.findByRole('list', { name: 'Steps' });
    expect(within(graph).getAllByRole('listitem')).toHaveLength(3);
    fireEvent.click(screen.getByRole('button', { name: 'train: failed, 2 of 2 runs done, after load' }));
    expect(octavo.opened).toEqual([['pipeline-run', { project: 'flights', id: 'c2' }]]);
    expect(screen.getByText('train: Cell 3 failed.')).toBeTruthy();
    expect(await screen.findByRole('list', { name: 'Steps over time' })).toBeTruthy();
    expect(server.asked.some(one => one.url.searchParams.get('parent') === 'r1')).toBe(true);
    expect(screen.queryByText('Open output notebook')).toBeNull();
    model.dispose();
  });

  it('arrow keys lead along the lines', async () => {
    const { model } = shown({ state: 'failed', ended_at: AT });
    const load = await screen.findByRole('button', { name: /^load/ });
    act(() => load.focus());
    fireEvent.keyDown(load, { key: 'ArrowRight' });
    expect(document.activeElement?.getAttribute('data-node')).toBe('train');
    model.dispose();
  });

  it('goes on from the failed step, in a run of its own', async () => {
    const { model, octavo } = shown({ state: 'failed', ended_at: AT });
    fireEvent.click(await screen.findByText('Resume from the failed step'));
    await until(() => octavo.opened.length > 0);
    expect(octavo.opened).toEqual([['pipeline-run', { project: 'flights', id: 'r2' }]]);
    model.dispose();
  });

  it('offers other parameters once it is over, and nothing to resume where all went well', async () => {
    const { model, actions } = shown({ state: 'succeeded', ended_at: AT });
    fireEvent.click(await screen.findByText('Run again…'));
    await act(async () => undefined);
    expect(actions['again']).toHaveBeenCalled();
    expect(screen.queryByText('Resume from the failed step')).toBeNull();
    model.dispose();
  });
});
