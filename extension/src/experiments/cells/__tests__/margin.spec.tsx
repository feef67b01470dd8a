import { Notebook, NotebookModel } from '@jupyterlab/notebook';
import { NBTestUtils } from '@jupyterlab/notebook/lib/testutils';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { CellHistory, CellRun } from '../../../api/cells';
import { AT, HOSTILE, run } from '../../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../../testing/server';
import type { IRunChange } from '../../recent';
import { MarginModel, MOST_RUNS, withRun } from '../margin';
import { cellFilter } from '../margins';
import { Mark, sentence, summary, trendPath } from '../Mark';
import { MarginMarks } from '../marks';
import { homePath } from '../paths';

const CELLS = 'GET projects/flights/experiments/cells';
const PATH = 'flights/train.ipynb';

function execution(number: number, changes: Partial<CellRun> = {}): CellRun {
  return {
    run_id: `r${number}`,
    name: `run ${number}`,
    status: 'finished',
    owner: 'scientist',
    started_at: `2026-01-01T12:${String(number).padStart(2, '0')}:00Z`,
    cell_sha256: null,
    metrics: { auc: number / 10 },
    ...changes
  };
}

function history(cell: string, ...runs: CellRun[]): CellHistory {
  return { cell, total: runs.length, runs };
}

function answered(...items: CellHistory[]): FakeServer {
  return new FakeServer({
    [CELLS]: () => ({ notebook: PATH, items, complete: true, as_of: AT, stale: null }),
    'GET me': () => ({ name: 'scientist', kind: 'person', groups: [], platform_roles: [], projects: [] })
  });
}

class Feed {
  readonly runChanged = new Signal<this, IRunChange>(this);

  emit(cell: string, changes: Parameters<typeof run>[0] = {}, removed = false): void {
    const notebook = { path: PATH, digest: null, cell, cell_digest: null, commit: null };
    this.runChanged.emit({ run: run({ run_id: 'new', started_at: '2026-01-02T00:00:00Z', notebook, ...changes }), removed });
  }
}

describe('the past of a cell', () => {
  it('takes a run in at its place, once, and out again', () => {
    const two = withRun(withRun(undefined, execution(2), 'fit', false), execution(1), 'fit', false);
    expect(two.runs.map(one => one.run_id)).toEqual(['r2', 'r1']);
    const again = withRun(two, execution(1, { metrics: { auc: 0.9 } }), 'fit', false);
    expect([again.total, again.runs[1]?.metrics]).toEqual([2, { auc: 0.9 }]);
    expect(withRun(again, execution(2), 'fit', true)).toMatchObject({ total: 1, runs: [{ run_id: 'r1' }] });
  });

  it('keeps the newest only', () => {
    const many = Array.from({ length: 30 }, (_, number) => execution(number)).reduce<CellHistory | undefined>((before, one) => withRun(before, one, 'fit', false), undefined);
    expect([many?.runs.length, many?.total, many?.runs[0]?.run_id]).toEqual([MOST_RUNS, 30, 'r29']);
  });

  it('is summed up by the metric that says most', () => {
    const found = summary(history('fit', execution(3, { metrics: { zeta: 1, auc: 0.8 } }), execution(2, { metrics: {} }), execution(1, { metrics: { auc: null } }), execution(0, { metrics: { auc: 0.7 } })));
    expect(found).toMatchObject({ lead: 'auc', value: 0.8, trend: [0.7, 0.8] });
    expect(found.change).toBeCloseTo(0.1);
    expect(sentence(found, false)).toBe('auc 0.8, +0.1 to the run before, 4 runs of this cell');
  });

  it('says what is odd about it', () => {
    const failed = summary(history('fit', execution(1, { status: 'failed', metrics: {} })));
    expect(sentence(failed, true)).toBe('no metric, 1 run of this cell, the newest failed, the cell was changed since');
    const nan = summary(history('fit', execution(1, { metrics: { auc: null } })));
    expect([nan.value, nan.trend, nan.change]).toEqual([null, [], null]);
  });

  it('reads metrics that are named like parts of objects', () => {
    const metrics = JSON.parse('{"__proto__": 0.5}') as Record<string, number>;
    const found = summary(history('fit', execution(2, { metrics }), execution(1, { metrics: {} })));
    expect(found).toMatchObject({ lead: '__proto__', value: 0.5, trend: [0.5] });
  });

  it('draws a flat line for values that are all the same', () => {
    expect(trendPath([1, 1])).toBe('M2.0,12.0L46.0,12.0');
  });

  it('is filtered by a text that an id can not leave', () => {
    expect(cellFilter('p', 'a"b\\')).toBe('tags."octavo.notebook.path" = "p" and tags."octavo.notebook.cell" = "a\\"b\\\\"');
    expect(cellFilter('p', 'c', 'ada')).toBe('tags."octavo.notebook.path" = "p" and tags."octavo.notebook.cell" = "c" and owner = "ada"');
  });

  it('is looked for by the path below home', () => {
    expect([homePath('a.ipynb', ''), homePath('b/a.ipynb', 'work'), homePath('a.ipynb', '/')]).toEqual(['a.ipynb', 'work/b/a.ipynb', '/a.ipynb']);
  });
});

describe('a mark', () => {
  it('shows the newest value, says the rest, opens the runs, and is left with Escape', () => {
    const opened: string[] = [];
    const shown = history('fit', execution(2, { name: HOSTILE }), execution(1));
    render(<Mark history={shown} complete={true} stale={false} active={true} onOpen={() => opened.push('runs')} onLeave={() => opened.push('left')} />);
    const mark = screen.getByRole('button', { name: 'auc 0.2, +0.1 to the run before, 2 runs of this cell. Show the runs.' });
    expect(mark.tabIndex).toBe(0);
    expect(mark.textContent).toBe('0.2');
    expect(mark.title).toContain(HOSTILE);
    fireEvent.click(mark);
    fireEvent.keyDown(mark, { key: 'Escape' });
    expect(opened).toEqual(['runs', 'left']);
    expect(document.querySelector('img')).toBeNull();
  });
});

it('is short in the margin and whole on hover', () => {
  const one = execution(1, { metrics: { auc: 0.74641 }, status: 'running' });
  render(<Mark history={history('fit', one)} complete={true} stale={false} active={false} onOpen={() => undefined} onLeave={() => undefined} />);
  const mark = screen.getByRole('button');
  expect(mark.textContent).toBe('0.746');
  expect(mark.title).toContain('auc 0.7464');
  cleanup();
  render(<Mark history={history('fit', execution(1, { metrics: {} }))} complete={true} stale={false} active={false} onOpen={() => undefined} onLeave={() => undefined} />);
  expect(screen.getByRole('button').textContent).toBe('1 run');
});

describe('the margin of a notebook', () => {
  let notebook: Notebook;
  let ids: string[];
  const feed = new Feed();
  const opened: string[] = [];

  async function open(server: FakeServer): Promise<{ model: MarginModel; marks: MarginMarks }> {
    const octavo = fakeOctavo(server);
    await octavo.session.me.refresh();
    const model = new MarginModel(octavo.session, feed, PATH, 'mine');
    return { model, marks: new MarginMarks(notebook, model, cell => opened.push(cell)) };
  }

  function marked(): string[] {
    return notebook.widgets.flatMap(cell => [...cell.node.querySelectorAll('.jp-octavo-Mark-value')].map(mark => `${cell.model.id}:${mark.textContent ?? ''}`));
  }

  beforeEach(() => {
    notebook = NBTestUtils.createNotebook();
    const model = new NotebookModel();
    model.fromJSON({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {},
      cells: ['setup', 'fit', 'text', 'eval'].map(id => ({ id, cell_type: id === 'text' ? 'markdown' : 'code', source: id, metadata: {}, ...(id === 'text' ? {} : { outputs: [], execution_count: null }) }))
    });
    notebook.model = model;
    Widget.attach(notebook, document.body);
    for (const cell of notebook.widgets) {
      (cell as unknown as { placeholder: boolean }).placeholder = false;
    }
    ids = notebook.widgets.map(cell => cell.model.id);
    opened.length = 0;
  });

  afterEach(() => {
    notebook.dispose();
  });

  it('marks the cells that made runs and no other', async () => {
    const server = answered(history('fit', execution(7)), history('text', execution(1)), history('gone', execution(1)));
    const { marks } = await open(server);
    await until(() => marked().length === 1);
    expect(ids).toEqual(['setup', 'fit', 'text', 'eval']);
    expect(marked()).toEqual(['fit:0.7']);
    expect(server.asked.filter(one => one.url.pathname.endsWith('/cells')).map(one => [one.url.searchParams.get('notebook'), one.url.searchParams.get('whose')])).toEqual([[PATH, 'mine']]);
    fireEvent.click(screen.getByRole('button', { name: /Show the runs/ }));
    expect(opened).toEqual(['fit']);
    marks.dispose();
    expect(marked()).toEqual([]);
  });

  it('follows live runs of this notebook and person without asking', async () => {
    const server = answered();
    const { marks } = await open(server);
    feed.emit('eval', { status: 'running', metrics: { auc: 0.5 } });
    await until(() => marked().length === 1);
    feed.emit('eval', { metrics: { auc: 0.6 } });
    await until(() => marked()[0] === 'eval:0.6');
    feed.emit('setup', { owner: 'another' });
    feed.emit('setup', { notebook: { path: 'other.ipynb', digest: null, cell: 'setup', cell_digest: null, commit: null } });
    feed.emit('eval', {}, true);
    await until(() => marked().length === 0);
    expect(server.asked.filter(one => one.url.pathname.endsWith('/cells')).length).toBe(1);
    marks.dispose();
  });

  it('goes with a cell that is moved, and stays with the id when a cell is split', async () => {
    const { marks } = await open(answered(history('fit', execution(7))));
    await until(() => marked().length === 1);
    notebook.model?.sharedModel.moveCell(1, 3);
    for (const cell of notebook.widgets) {
      (cell as unknown as { placeholder: boolean }).placeholder = false;
    }
    await until(() => marked().length === 1 && notebook.widgets.findIndex(cell => cell.node.querySelector('.jp-octavo-Mark')) === 3);
    notebook.model?.sharedModel.insertCell(3, { cell_type: 'code', source: 'split off', metadata: {} });
    for (const cell of notebook.widgets) {
      (cell as unknown as { placeholder: boolean }).placeholder = false;
    }
    await until(() => marked().length === 1 && notebook.widgets.findIndex(cell => cell.node.querySelector('.jp-octavo-Mark')) === 4);
    marks.dispose();
  });

  it('says that a cell was changed since its newest execution', async () => {
    const ran = 'b2b9be8baba11f20ba3e3ab7cd2ac6b9e3a0c3a3c2d3a1c2cbf6ac0a3c6e5e32';
    const { marks } = await open(answered(history('fit', execution(7, { cell_sha256: ran }))));
    await screen.findByRole('button', { name: /the cell was changed since/ });
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode('fit'));
    const now = [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('');
    feed.emit('fit', { notebook: { path: PATH, digest: null, cell: 'fit', cell_digest: now, commit: null } });
    await until(() => screen.queryByRole('button', { name: /the cell was changed since/ }) === null);
    notebook.widgets[1]?.model.sharedModel.setSource('fit(2)');
    await screen.findByRole('button', { name: /the cell was changed since/ });
    marks.dispose();
  });

  it('says when older runs were not looked at', async () => {
    const server = answered(history('fit', execution(7)));
    const whole = server.answers[CELLS];
    const { model, marks } = await open(server);
    await until(() => marked().length === 1);
    const title = (): string => screen.getByRole('button', { name: /Show the runs/ }).title;
    expect(title()).not.toContain('only its newest');
    server.answers[CELLS] = asked => ({ ...(whole?.(asked) as object), complete: false });
    await model.refresh();
    await until(() => title().endsWith('The notebook made so many runs that only its newest were looked at: older ones are not counted here.'));
    marks.dispose();
  });

  it('shows what it has while the platform is away', async () => {
    const server = answered(history('fit', execution(7)));
    const { model, marks } = await open(server);
    await until(() => marked().length === 1);
    server.failing = true;
    await model.refresh();
    expect(marked()).toEqual(['fit:0.7']);
    model.path = 'elsewhere.ipynb';
    await until(() => marked().length === 0);
    marks.dispose();
  });

  it('leads Tab to the mark of the active cell alone', async () => {
    const { marks } = await open(answered(history('setup', execution(1)), history('fit', execution(7))));
    await until(() => marked().length === 2);
    notebook.activeCellIndex = 1;
    await until(() => [...document.querySelectorAll<HTMLElement>('.jp-octavo-Mark')].map(mark => mark.tabIndex).join() === '-1,0');
    marks.dispose();
  });
});
