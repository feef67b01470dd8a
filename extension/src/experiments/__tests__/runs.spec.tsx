import { Notification } from '@jupyterlab/apputils';
import { act, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { Run, RunPage } from '../../api/experiments';
import { HOSTILE, run, runPage } from '../../testing/records';
import type { IAsked, IFakeOctavo } from '../../testing/server';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import type { IRunActions } from '../actions';
import { leadingMetrics, runSeconds } from '../components/runs';
import { merged, RecentRuns } from '../recent';
import { RunsPage } from '../runs';
import { SavedViews } from '../savedViews';
import { viewsMenu } from '../viewsMenu';
import { both, RunsModel } from '../runsModel';
import { RunSection } from '../section';

const other = run({ run_id: 'b'.repeat(32), name: HOSTILE, metrics: { auc: 0.7 } });
const EXPERIMENTS = 'projects/flights/experiments';
const TOTAL = 100_000;

/** The page of a long list that was asked for. */
function longPage(asked: IAsked): RunPage {
  const offset = Number(asked.url.searchParams.get('offset') ?? 0);
  const items = Array.from({ length: 100 }, (_, at) => run({ run_id: `run-${offset + at}`, name: `train #${TOTAL - offset - at}` }));
  return { ...runPage(...items), offset, total: TOTAL };
}

function server(answers: ConstructorParameters<typeof FakeServer>[0] = {}): FakeServer {
  return new FakeServer({
    [`GET ${EXPERIMENTS}`]: () => ({ items: [], next_cursor: null, as_of: null }),
    [`GET ${EXPERIMENTS}/runs`]: () => runPage(run(), other),
    [`GET ${EXPERIMENTS}/runs/fields`]: () => ({ items: [{ field: 'metrics.auc', kind: 'metric', name: 'auc', type: 'number', runs: 2, minimum: 0.5, maximum: 1, examples: [] }], total: 1 }),
    [`GET ${EXPERIMENTS}/runs/completion`]: () => ({ start: 0, end: 0, items: [], problem: null }),
    [`GET ${EXPERIMENTS}/views`]: () => ({ items: [] }),
    ...answers
  });
}

interface IShown {
  readonly octavo: IFakeOctavo;
  readonly model: RunsModel;
  readonly asked: FakeServer;
  readonly done: unknown[];
}

const shown: RunsModel[] = [];

function show(asked: FakeServer, args: Record<string, string> = {}): IShown {
  const octavo = fakeOctavo(asked);
  const recent = new RecentRuns(octavo.session);
  const model = new RunsModel(octavo, { project: 'flights', ...args }, recent);
  const done: unknown[] = [];
  const actions: IRunActions = {
    register: (_, one) => done.push(['register', one.name]),
    deploy: (_, version) => done.push(['deploy', version]),
    openNotebook: (_, one) => done.push(['notebook', one.name]),
    compareNotebooks: (_, runs) => done.push(['notebooks', runs])
  };
  shown.push(model);
  render(<RunsPage model={model} octavo={octavo} actions={actions} />);
  return { octavo, model, asked, done };
}

const asks = (asked: FakeServer, name: string): string[] => asked.asked.filter(one => one.url.pathname.endsWith('/runs')).map(one => one.url.searchParams.get(name) ?? '');

afterEach(() => {
  shown.splice(0).forEach(model => model.dispose());
  Notification.dismiss();
});

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

  it('joins filters so that each keeps its meaning', () => {
    expect(both('a or b', 'owner = "x"')).toBe('(a or b) and (owner = "x")');
    expect(both(' ', 'owner = "x"')).toBe('owner = "x"');
    expect(both('a', undefined)).toBe('a');
  });

  it('shows runs in the sidebar with the leading metric against the baseline, and offers to register', async () => {
    const octavo = fakeOctavo(server({ [`GET ${EXPERIMENTS}/runs`]: () => runPage(run({ deltas: { auc: 0.012 } }), other) }));
    const recent = new RecentRuns(octavo.session);
    const registered: string[] = [];
    const actions = { register: (_: string, one: Run) => registered.push(one.name) } as unknown as IRunActions;
    render(<RunSection recent={recent} octavo={octavo} actions={actions} />);
    fireEvent.click(await screen.findByLabelText('Register: gradient boosting'));
    expect(registered).toEqual(['gradient boosting']);
    expect(screen.getByTitle('auc, +0.012 against the baseline').textContent).toContain('0.7651');
    expect(document.querySelector('img')).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'All 2 runs' }));
    expect(octavo.opened[0]?.[0]).toBe('runs');
    recent.dispose();
  });

  it('says in the sidebar when no run has the words, and counts no single run', async () => {
    const octavo = fakeOctavo(server({ [`GET ${EXPERIMENTS}/runs`]: () => runPage(run()) }));
    const recent = new RecentRuns(octavo.session);
    render(<RunSection recent={recent} octavo={octavo} actions={{} as IRunActions} />);
    fireEvent.click(await screen.findByRole('button', { name: 'Open the table' }));
    expect(octavo.opened[0]?.[0]).toBe('runs');
    act(() => {
      octavo.session.query = 'zzz';
    });
    expect(await screen.findByText('Runs: nothing matches')).toBeTruthy();
    recent.dispose();
  });
});

describe('table of runs', () => {
  it('draws only what is seen of 100,000 runs, and says how many there are', async () => {
    show(server({ [`GET ${EXPERIMENTS}/runs`]: longPage }));
    const grid = await screen.findByRole('grid', { name: 'Runs' });
    expect(grid.getAttribute('aria-rowcount')).toBe('100001');
    expect(screen.getAllByRole('row').length).toBeLessThan(45);
    expect(screen.getByText('100,000 runs')).toBeTruthy();
    grid.scrollTop = 28 * 50_000;
    fireEvent.scroll(grid);
    expect((await screen.findByText('train #50000')).closest('[role=row]')?.getAttribute('aria-rowindex')).toBe('50002');
    expect(screen.getAllByRole('row').length).toBeLessThan(50);
  });

  it('draws other lines only every few, and lets the pinned columns stick only beside scrolled ones', async () => {
    show(server({ [`GET ${EXPERIMENTS}/runs`]: longPage }));
    const grid = await screen.findByRole('grid', { name: 'Runs' });
    const scroll = (top: number, left = 0): string[] => {
      Object.assign(grid, { scrollTop: top, scrollLeft: left });
      fireEvent.scroll(grid);
      return [...grid.querySelectorAll('[data-line]')].map(row => row.getAttribute('data-line') ?? '');
    };
    const first = scroll(0);
    expect(scroll(7 * 28)).toEqual(first);
    expect(scroll(16 * 28)[0]).toBe('8');
    expect(grid.hasAttribute('data-sideways')).toBe(false);
    scroll(16 * 28, 40);
    expect(grid.hasAttribute('data-sideways')).toBe(true);
    scroll(16 * 28, 0);
    expect(grid.hasAttribute('data-sideways')).toBe(false);
  });

  it('clips a name only where it may not fit: a long one, and one of wide or piled up characters', async () => {
    const names = ['train #7', 'x'.repeat(40), '訓練', 'a\u0301\u0301\u0301'];
    show(server({ [`GET ${EXPERIMENTS}/runs`]: () => runPage(...names.map((name, at) => run({ run_id: String(at), name }))) }));
    await screen.findByRole('grid', { name: 'Runs' });
    const clipped = names.map(name => screen.getByText(name).closest('.jp-octavo-RunCell')?.classList.contains('jp-mod-long'));
    expect(clipped).toEqual([false, true, true, true]);
  });

  it('compares what was picked, hostile names as text', async () => {
    const { octavo, model } = show(server());
    fireEvent.click(await screen.findByRole('checkbox', { name: 'Pick run gradient boosting' }));
    fireEvent.click(screen.getByRole('checkbox', { name: `Pick run ${HOSTILE}` }));
    expect(model.picking.runs.size).toBe(2);
    expect(document.querySelector('img')).toBeNull();
    fireEvent.click(screen.getByText('Compare'));
    expect(octavo.opened).toEqual([['compare', { project: 'flights', runs: `${'a'.repeat(32)},${'b'.repeat(32)}` }]]);
  });

  it('is worked by keys alone: goes, picks a range, sorts, opens, lets go', async () => {
    const { octavo, model, asked } = show(server({ [`GET ${EXPERIMENTS}/runs`]: longPage }));
    const grid = await screen.findByRole('grid', { name: 'Runs' });
    const press = (key: string, more: object = {}): void => void fireEvent.keyDown(grid, { key, ...more });
    press('ArrowDown');
    press('ArrowDown', { shiftKey: true });
    press('ArrowDown', { shiftKey: true });
    await until(() => model.picking.runs.size === 3);
    expect([...model.picking.runs].sort()).toEqual(['run-1', 'run-2', 'run-3']);
    press('Escape');
    expect(model.picking.runs.size).toBe(0);
    press('Enter');
    expect(octavo.opened).toEqual([['run', { project: 'flights', id: 'run-3' }]]);
    press('End', { ctrlKey: true });
    expect(grid.getAttribute('aria-activedescendant')).toContain('-99999-');
    press('Home', { ctrlKey: true });
    press('ArrowUp');
    press('Enter');
    await until(() => asks(asked, 'order_by').includes('name'));
  });

  it('sorts by a column, largest number first, then the other way', async () => {
    const { asked } = show(server());
    const head = (): HTMLElement => screen.getByRole('columnheader', { name: /^auc/ });
    await screen.findByRole('grid', { name: 'Runs' });
    fireEvent.click(head());
    await until(() => head().getAttribute('aria-sort') === 'descending');
    fireEvent.click(head());
    await until(() => asks(asked, 'order_by').includes('metrics.auc'));
    expect(asks(asked, 'order_by')).toContain('-metrics.auc');
  });

  it('honours the filter that it was opened with, and shows why one was refused', async () => {
    const { asked } = show(server({ [`GET ${EXPERIMENTS}/runs`]: () => refusal(422, 'invalid', 'filter, character 3: what is this') }), { filter: 'ow ~ 3' });
    expect((await screen.findByRole('alert')).textContent).toBe('filter, character 3: what is this');
    expect(asks(asked, 'filter')).toContain('ow ~ 3');
    expect((screen.getByRole('combobox', { name: 'Filter runs' }) as HTMLInputElement).value).toBe('ow ~ 3');
  });

  it('says what is missing when nothing matches, and when nobody answers', async () => {
    const first = show(server({ [`GET ${EXPERIMENTS}/runs`]: () => runPage() }), { filter: 'owner = "nobody"' });
    fireEvent.click(await screen.findByText('Show all runs'));
    expect(first.model.asked.filter).toBe('');
    expect(await screen.findByText('No runs yet')).toBeTruthy();
  });

  it('shows the failure of a platform that does not answer', async () => {
    show(server({ [`GET ${EXPERIMENTS}/runs`]: () => refusal(503, 'unavailable', 'MLflow does not answer.') }));
    expect((await screen.findByRole('alert')).textContent).toContain('MLflow does not answer.');
  });

  it('tells how far a platform is that has only just started, and shows the runs once it knows them', async () => {
    let ready = false;
    show(server({ [`GET ${EXPERIMENTS}/runs`]: () => (ready ? runPage(run()) : refusal(503, 'still_reading', 'The runs are being read; 44,000 are known so far.')) }));
    expect(await screen.findByText('The runs are being read; 44,000 are known so far.')).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
    ready = true;
    expect(await screen.findByRole('grid', { name: 'Runs' }, { timeout: 4000 })).toBeTruthy();
  });

  it('keeps what is seen in its place when new runs come in above', async () => {
    let newer = 0;
    const grown = (asked: IAsked): RunPage => {
      const offset = Number(asked.url.searchParams.get('offset') ?? 0);
      const items = Array.from({ length: 100 }, (_, at) => run({ run_id: `run-${offset + at - newer}`, name: `train #${offset + at - newer}` }));
      return { ...runPage(...items), offset, total: 1000 + newer, revision: 1 + newer };
    };
    const { model } = show(server({ [`GET ${EXPERIMENTS}/runs`]: grown }));
    const grid = await screen.findByRole('grid', { name: 'Runs' });
    grid.scrollTop = 28 * 30;
    fireEvent.scroll(grid);
    await screen.findByText('train #30');
    newer = 5;
    await act(() => model.found.refresh());
    expect(grid.scrollTop).toBe(28 * 35);
  });
});

describe('filter of runs', () => {
  const completion = {
    start: 0,
    end: 3,
    items: [{ text: 'metrics.auc', label: 'metrics.auc', kind: 'field', detail: '2 runs' }],
    problem: { position: 4, length: 2, message: '"??" means nothing here', expected: ['=', '>'] }
  };

  it('completes, marks what can not be read at its place, and is used on Enter', async () => {
    const { asked } = show(server({ [`GET ${EXPERIMENTS}/runs/completion`]: () => completion }));
    const field = screen.getByRole('combobox', { name: 'Filter runs' });
    fireEvent.focus(field);
    fireEvent.change(field, { target: { value: 'met ?? 3' } });
    fireEvent.keyDown(await screen.findByRole('combobox', { expanded: true }), { key: 'ArrowDown' });
    expect(screen.getByRole('listbox', { name: 'What may stand here' }).querySelector('[aria-selected=true]')?.textContent).toContain('metrics.auc');
    expect(screen.getByRole('alert').textContent).toBe('Character 5: "??" means nothing here');
    expect(document.querySelector('mark')?.textContent).toBe('??');
    fireEvent.keyDown(field, { key: 'Enter' });
    expect((field as HTMLInputElement).value).toBe('metrics.auc ?? 3');
    fireEvent.keyDown(field, { key: 'Escape' });
    fireEvent.keyDown(field, { key: 'Enter' });
    await until(() => asks(asked, 'filter').includes('metrics.auc ?? 3'));
  });
});

describe('a filter that is being typed', () => {
  const field = (): HTMLInputElement => screen.getByRole('combobox', { name: 'Filter runs' }) as HTMLInputElement;
  const offered = (...items: unknown[]): object => ({ items, problem: null });
  const column = { text: 'experiment', label: 'experiment', kind: 'field', detail: 'column' };
  const sign = { text: '=', label: '=', kind: 'operator', detail: 'equal' };

  /** Completes "exper" to a column, and offers its comparison behind it. */
  const completion = (one: IAsked): object => {
    const text = one.url.searchParams.get('filter') ?? '';
    const start = text.lastIndexOf(' ') + 1;
    return { ...(text.endsWith(' ') ? offered(sign) : text.startsWith('exper') ? offered(column) : offered()), start, end: text.length };
  };
  const type = (value: string): void => {
    fireEvent.focus(field());
    fireEvent.change(field(), { target: { value } });
  };

  it('waits for the rest of a condition, says whose runs are shown, and is a word on Enter', async () => {
    const { asked } = show(server({ [`GET ${EXPERIMENTS}/runs/completion`]: completion }), { filter: 'late' });
    type('exper');
    expect(await screen.findByText('Press Enter to look for it as a word')).toBeTruthy();
    expect(screen.getByText('Shown below: the runs of the last filter in use, late')).toBeTruthy();
    fireEvent.keyDown(field(), { key: 'Tab' });
    await screen.findByRole('option', { name: /^=/ });
    expect(field().value).toBe('experiment ');
    fireEvent.keyDown(field(), { key: 'Enter' });
    await until(() => asks(asked, 'filter').includes('experiment'));
    expect(field().value).toBe('experiment ');
    expect(asks(asked, 'filter')).not.toContain('exper');
    expect(screen.queryByText(/^Shown below/)).toBeNull();
  });

  it('is used by itself where it can be nothing but a word', async () => {
    const { asked } = show(server({ [`GET ${EXPERIMENTS}/runs/completion`]: completion }));
    type('boosting');
    await until(() => asks(asked, 'filter').includes('boosting'));
  });

  it('names the filter that no run matches', async () => {
    show(server({ [`GET ${EXPERIMENTS}/runs`]: () => runPage() }), { filter: 'owner = "nobody"' });
    expect((await screen.findByText('No run matches')).parentElement?.textContent).toContain('owner = "nobody"');
  });

  it('says which of its fields no run has', async () => {
    show(server({ [`GET ${EXPERIMENTS}/runs`]: () => ({ ...runPage(), nowhere: ['metrics.nosuch'] }) }), { filter: 'metrics.nosuch > 1' });
    expect(await screen.findByText('No run of the project has metrics.nosuch.')).toBeTruthy();
  });
});

describe('picked runs', () => {
  it('are tagged together, and the tags can be taken back', async () => {
    const undo = [{ runs: ['a'.repeat(32)], set: {}, remove: ['team'] }];
    const { asked } = show(server({ [`POST ${EXPERIMENTS}/runs/tags`]: () => ({ changed: 1, unchanged: 0, failed: [], undo }) }));
    fireEvent.click(await screen.findByRole('checkbox', { name: 'Pick run gradient boosting' }));
    fireEvent.click(screen.getByText('Tag…'));
    fireEvent.change(await screen.findByLabelText('Tag'), { target: { value: '__proto__' } });
    fireEvent.change(screen.getByLabelText('Value'), { target: { value: 'red' } });
    fireEvent.click(screen.getByText('Set tag'));
    const tags = (): unknown[] => asked.asked.filter(one => one.url.pathname.endsWith('/tags')).map(one => JSON.stringify(one.body));
    await until(() => Notification.manager.notifications.length === 1);
    expect(tags()[0]).toBe(`{"runs":["${'a'.repeat(32)}"],"set":{"__proto__":"red"},"remove":[]}`);
    Notification.manager.notifications[0]?.options.actions?.[0]?.callback(new MouseEvent('click'));
    await until(() => tags().length === 2);
    expect(tags()[1]).toBe(JSON.stringify(undo[0]));
  });

  it('offers in the menu of a run what can be done with it, and says why not', async () => {
    const { done } = show(server());
    fireEvent.click(await screen.findByRole('button', { name: 'Actions of run gradient boosting' }));
    const items = [...document.querySelectorAll('.lm-Menu-item[role=menuitem]')].map(item => item.textContent);
    expect(items.slice(0, 2)).toEqual(['Register model…', 'Request deployment…']);
    expect(document.querySelectorAll('.lm-Menu-item.lm-mod-disabled').length).toBe(1);
    fireEvent.click(screen.getByRole('button', { name: 'Register: gradient boosting' }));
    expect(done).toEqual([['register', 'gradient boosting']]);
  });
});

describe('views, groups and columns', () => {
  const view = { view_id: 'v1', name: 'Best', experiment: null, filter: 'metrics.auc > 0.7', order_by: '-metrics.auc', columns: ['name', 'metrics.auc'], pins: ['name'], group_by: null, version: 3, created_by: 'ann', created_at: '', updated_by: 'ann', updated_at: '' };

  it('shows runs as a saved view does, and saves changes unless somebody was faster', async () => {
    const put: unknown[] = [];
    const answers = {
      [`GET ${EXPERIMENTS}/views`]: () => ({ items: [view] }),
      [`PUT ${EXPERIMENTS}/views/v1`]: (one: IAsked) => (put.push(one.body), refusal(409, 'conflict', 'Ann changed the view meanwhile.'))
    };
    const { model, asked, octavo } = show(server(answers));
    const saved = new SavedViews(octavo.requests, 'flights');
    await until(() => saved.list.state.value !== undefined);
    const choose = (label: string): void => act(() => viewsMenu(model, saved).find(item => item?.label === label)?.onClick());
    choose('Best');
    await until(() => asks(asked, 'filter').includes('metrics.auc > 0.7'));
    expect(model.described('Best')).toMatchObject({ order_by: '-metrics.auc', columns: ['name', 'metrics.auc'], pins: ['name'] });
    expect(viewsMenu(model, saved).find(item => item?.label === 'Save changes to Best')?.refused).toBe('Nothing has changed.');
    act(() => model.sort('owner'));
    choose('Save changes to Best');
    await until(() => Notification.manager.notifications.some(one => one.message.includes('Ann changed the view meanwhile.')));
    expect(put[0]).toMatchObject({ version: 3, order_by: 'owner' });
    saved.dispose();
  });

  it('offers in an open table what somebody else saves meanwhile', async () => {
    const items: (typeof view)[] = [];
    const { model, octavo } = show(server({ [`GET ${EXPERIMENTS}/views`]: () => ({ items: [...items] }) }));
    const saved = new SavedViews(octavo.requests, 'flights', 0.05);
    await until(() => saved.list.state.value !== undefined);
    items.push(view);
    await until(() => viewsMenu(model, saved)[0]?.label === 'Best');
    saved.dispose();
  });

  it('has its columns also when it is grouped before the first page comes', async () => {
    const groups = { items: [{ value: 'ann', label: 'ann', filter: 'owner = "ann"', runs: 2, live: 0, last_run_at: null, metrics: {} }], total: 1, runs: 2, as_of: null };
    const { asked, model } = show(server({ [`GET ${EXPERIMENTS}/runs/groups`]: () => groups }));
    act(() => model.ask({ group: 'owner' }));
    expect(await screen.findByText('2 runs in 1 group')).toBeTruthy();
    expect(model.layout.columns).toContain('metrics.auc');
    expect(asked.asked.find(one => one.url.pathname.endsWith('/groups'))?.url.searchParams.getAll('metrics')).toContain('auc');
  });

  it('groups runs, and opens a group with a filter of its own', async () => {
    const groups = { items: [{ value: HOSTILE, label: HOSTILE, filter: 'owner = "x"', runs: 2, live: 1, last_run_at: null, metrics: { auc: { minimum: 0.5, mean: 0.6, maximum: 0.7, newest: 0.7 } } }], total: 1, runs: 2, as_of: null };
    const { asked, model } = show(server({ [`GET ${EXPERIMENTS}/runs/groups`]: () => groups }));
    await screen.findByRole('grid', { name: 'Runs' });
    act(() => model.ask({ group: 'owner', filter: 'a or b' }));
    expect(await screen.findByText('2 runs in 1 group')).toBeTruthy();
    expect(screen.getByText('0.5 – 0.7').getAttribute('title')).toBe('0.5 to 0.7, mean 0.6');
    expect(document.querySelector('img')).toBeNull();
    act(() => model.show({ ...model.layout, columns: ['name', 'metrics.auc'], pins: ['name', 'metrics.auc'] }));
    expect(screen.getByText('0.5 – 0.7').closest('.jp-octavo-RunRow-pins')).toBeTruthy();
    fireEvent.click(screen.getByText(HOSTILE));
    await until(() => asks(asked, 'filter').includes('(a or b) and (owner = "x")'));
    expect(await screen.findByRole('checkbox', { name: 'Pick run gradient boosting' })).toBeTruthy();
    expect(screen.getByRole('treegrid')).toBeTruthy();
  });

  it('adds a parameter as a column, asks for its values, and keeps it in sight', async () => {
    const fields = { items: [{ field: 'params.depth', kind: 'param', name: 'depth', type: 'number', runs: 2, minimum: 1, maximum: 5, examples: ['5'] }], total: 1 };
    const { asked, model } = show(server({ [`GET ${EXPERIMENTS}/runs/fields`]: () => fields, [`GET ${EXPERIMENTS}/runs`]: () => runPage(run({ params: { depth: '5' } })) }));
    await screen.findByRole('grid', { name: 'Runs' });
    fireEvent.click(screen.getByText('Columns'));
    fireEvent.click(await screen.findByText('depth'));
    await until(() => asked.asked.some(one => one.url.searchParams.getAll('columns').includes('params.depth')));
    expect(await screen.findByText('5')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Keep depth in sight' }));
    expect(model.layout.pins).toEqual(['name', 'params.depth']);
  });
});
