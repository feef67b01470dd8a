import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import type { ComparedField, ComparedRun, Comparison } from '../../api/comparison';
import { HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { ComparePage } from '../compare';
import { CompareModel } from '../compareModel';

const PREFIX = 'GET projects/flights/experiments';

beforeAll(() => {
  // The stand-in of JupyterLab's tests never sees anything; without one, all is in sight.
  Object.assign(window, { IntersectionObserver: undefined });
});

function run(letter: string, changes: Partial<ComparedRun> = {}): ComparedRun {
  return { run_id: letter.repeat(32), name: `run ${letter}`, experiment_id: '1', experiment: 'late', status: 'finished', owner: 'ada', started_at: '2026-01-01T12:00:00Z', ended_at: '2026-01-01T12:01:00Z', ...changes };
}

function field(kind: ComparedField['kind'], name: string, values: ComparedField['values'], delta: number | null = null): ComparedField {
  return { kind, name, values, differs: values.some(value => value !== values[0]), delta };
}

function comparison(changes: Partial<Comparison> = {}): Comparison {
  const fields = [
    field('metric', 'auc', [0.7651, 0.7], -0.0651),
    field('param', 'depth', ['3', '5']),
    field('param', '__proto__', [HOSTILE, null]),
    field('param', 'seed', ['7', '7'])
  ];
  return { runs: [run('a'), run('b', { name: HOSTILE })], fields, different: 3, left_out: 0, curves: ['loss'], ...changes };
}

const EXACT = { points: 3, missing: 1, truncated: false, stale: false, exact: true, low: [], high: [], count: [], gaps: [] };

function answers(found: Comparison): ConstructorParameters<typeof FakeServer>[0] {
  return {
    [`${PREFIX}/compare`]: () => found,
    [`${PREFIX}/curves`]: asked => ({
      metric: asked.url.searchParams.get('metric'),
      axis: asked.url.searchParams.get('x'),
      extent: [0, 100],
      window: [Number(asked.url.searchParams.get('from') ?? 0), Number(asked.url.searchParams.get('to') ?? 100)],
      curves: asked.url.searchParams.getAll('run').map(one => ({ ...EXACT, run_id: one, x: [0, 50, 100], mean: [1, null, 0.5] }))
    })
  };
}

function show(found: Comparison = comparison(), more: ConstructorParameters<typeof FakeServer>[0] = {}) {
  const server = new FakeServer({ ...answers(found), ...more });
  const octavo = fakeOctavo(server);
  const model = new CompareModel(octavo, { project: 'flights', runs: found.runs.map(one => one.run_id).join(',') });
  render(<ComparePage model={model} octavo={octavo} />);
  return { server, octavo, model };
}

async function open(tab: RegExp): Promise<void> {
  fireEvent.click(await screen.findByRole('tab', { name: tab }));
}

describe('what differs', () => {
  it('stands first, and alone until what is the same is asked for', async () => {
    const { model, server } = show();
    expect((await screen.findByText('−0.0651')).closest('tr')?.textContent).toContain('auc');
    expect(screen.getByText('2 runs: 3 of 4 fields differ')).toBeTruthy();
    expect(screen.queryByText('seed')).toBeNull();
    fireEvent.click(screen.getByRole('checkbox', { name: 'Show what is the same' }));
    expect(screen.getByText('seed')).toBeTruthy();
    const compared = server.asked.find(one => one.url.pathname.endsWith('/compare'));
    expect(compared?.url.searchParams.getAll('run')).toEqual(['a'.repeat(32), 'b'.repeat(32)]);
    model.dispose();
  });

  it('shortens digests, and keeps them whole on hover', async () => {
    const digests = ['1', '2'].map(digit => digit.repeat(64));
    const { model } = show(comparison({ fields: [field('notebook', 'Version', digests), field('param', 'note', ['x'.repeat(64), 'y'])] }));
    expect((await screen.findByText('1'.repeat(12))).title).toBe(digests[0]);
    expect(screen.getByText('x'.repeat(64))).toBeTruthy();
    model.dispose();
  });

  it('is asked for again now and then, so that it never grows old before one’s eyes', async () => {
    jest.useFakeTimers();
    const server = new FakeServer(answers(comparison()));
    const model = new CompareModel(fakeOctavo(server), { project: 'flights', runs: 'a,b' });
    await jest.advanceTimersByTimeAsync(130_000);
    jest.useRealTimers();
    expect(server.asked.filter(one => one.url.pathname.endsWith('/compare')).length).toBeGreaterThan(1);
    model.dispose();
  });

  it('shows hostile names and values as text', async () => {
    const { model } = show();
    expect((await screen.findAllByText(HOSTILE)).length).toBeGreaterThan(1);
    expect(screen.getByText('__proto__')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    model.dispose();
  });

  it('can be searched, and opens a run', async () => {
    const { model, octavo } = show();
    fireEvent.change(await screen.findByRole('searchbox', { name: 'Find fields' }), { target: { value: 'depth' } });
    expect(screen.queryByText('auc')).toBeNull();
    fireEvent.change(screen.getByRole('searchbox', { name: 'Find fields' }), { target: { value: 'nothing' } });
    expect(screen.getByText('No field matches')).toBeTruthy();
    fireEvent.change(screen.getByRole('searchbox', { name: 'Find fields' }), { target: { value: '' } });
    fireEvent.click(screen.getByRole('button', { name: 'run a' }));
    expect(octavo.opened).toEqual([['run', { project: 'flights', id: 'a'.repeat(32) }]]);
    model.dispose();
  });

  it('says so when nothing does, and when there is more than is shown', async () => {
    const { model } = show(comparison({ fields: [field('param', 'seed', ['7', '7'])], different: 0, left_out: 12 }));
    expect(await screen.findByText('Nothing differs between 2 runs in 13 fields')).toBeTruthy();
    expect(screen.getByText('Nothing differs')).toBeTruthy();
    expect(screen.getByText(/12 more fields are not shown/)).toBeTruthy();
    model.dispose();
  });

  it('tells runs of the same name apart', async () => {
    const { model } = show(comparison({ runs: [run('a', { name: 'train' }), run('b', { name: 'train' })] }));
    expect(await screen.findByRole('button', { name: 'train aaaaaa' })).toBeTruthy();
    expect(screen.getByRole('button', { name: 'train bbbbbb' })).toBeTruthy();
    model.dispose();
  });
});

describe('curves', () => {
  it('are drawn for all runs, with a gap where there is no number', async () => {
    const { model } = show();
    await open(/^Curves/);
    const chart = await screen.findByRole('group', { name: /^loss over Step/ });
    const lines = chart.querySelectorAll('.jp-octavo-Curve-line');
    expect(lines).toHaveLength(2);
    expect(lines[0]?.getAttribute('d')?.match(/M/g)).toHaveLength(2);
    expect(screen.getByText('2 values are not finite numbers (gaps).')).toBeTruthy();
    model.dispose();
  });

  it('zoom and move by keys, and ask the platform for the stretch', async () => {
    const { model, server } = show();
    await open(/^Curves/);
    const chart = await screen.findByRole('group', { name: /^loss over Step/ });
    fireEvent.keyDown(chart, { key: '+' });
    fireEvent.keyDown(chart, { key: '+' });
    fireEvent.keyDown(chart, { key: 'ArrowRight', shiftKey: true });
    expect((await screen.findAllByText('Show all')).length).toBe(2);
    expect(screen.getByText('No finite value lies here.')).toBeTruthy();
    fireEvent.keyDown(chart, { key: '0' });
    expect(screen.queryByText('Show all')).toBeNull();
    // Each value is known already, so that nothing was asked for again.
    expect(server.asked.filter(one => one.url.pathname.endsWith('curves'))).toHaveLength(1);
    model.dispose();
  });

  it('read values by keys, spoken as they are read', async () => {
    const { model } = show();
    await open(/^Curves/);
    const chart = await screen.findByRole('group', { name: /^loss over Step/ });
    fireEvent.keyDown(chart, { key: 'ArrowRight' });
    fireEvent.keyDown(chart, { key: 'ArrowRight' });
    const readout = screen.getByRole('status');
    expect(within(readout).getByText('step 100')).toBeTruthy();
    expect(within(readout).getAllByText('0.5')).toHaveLength(2);
    fireEvent.keyDown(chart, { key: 'ArrowLeft' });
    expect(within(screen.getByRole('status')).getAllByText('not a finite number')).toHaveLength(2);
    fireEvent.keyDown(chart, { key: 'Escape' });
    expect(screen.queryByRole('status')).toBeNull();
    model.dispose();
  });

  it('leave out runs that are not ticked', async () => {
    const { model } = show();
    await open(/^Curves/);
    await screen.findByRole('group', { name: /^loss over Step/ });
    fireEvent.click(screen.getByRole('checkbox', { name: 'Draw run a' }));
    fireEvent.click(screen.getByRole('checkbox', { name: `Draw ${HOSTILE}` }));
    expect(await screen.findByText('No run is ticked')).toBeTruthy();
    model.dispose();
  });

  it('say that a log scale shows nothing of what is not above zero', async () => {
    const negative = { metric: 'loss', axis: 'step', extent: [0, 1], window: [0, 1], curves: [{ ...EXACT, missing: 0, run_id: 'a'.repeat(32), x: [0, 1], mean: [-1, -2] }] };
    const { model } = show(comparison(), { [`${PREFIX}/curves`]: () => negative });
    await open(/^Curves/);
    await screen.findByRole('group', { name: /^loss over Step/ });
    fireEvent.click(screen.getByRole('checkbox', { name: 'Log scale' }));
    expect(await screen.findByText(/Nothing here is above zero/)).toBeTruthy();
    model.dispose();
  });

  it('are drawn over time when all values have one step', async () => {
    const flat = (asked: { url: URL }): unknown => {
      const axis = asked.url.searchParams.get('x');
      const curve = { ...EXACT, missing: 0, run_id: 'a'.repeat(32), x: axis === 'step' ? [0, 0, 0] : [0, 1, 2], mean: [1, 2, 3] };
      return { metric: 'loss', axis, extent: axis === 'step' ? [0, 0] : [0, 2], window: axis === 'step' ? [0, 0] : [0, 2], curves: [curve] };
    };
    const { model } = show(comparison(), { [`${PREFIX}/curves`]: flat });
    await open(/^Curves/);
    expect(await screen.findByRole('group', { name: /^loss over Time since start/ })).toBeTruthy();
    expect(screen.getByText(/All values were logged at one step/)).toBeTruthy();
    model.dispose();
  });

  it('show what went wrong and can be asked for again', async () => {
    const { model, server } = show(comparison(), { [`${PREFIX}/curves`]: () => refusal(503, 'unavailable', 'MLflow does not answer: ConnectError.') });
    await open(/^Curves/);
    expect(await screen.findByText('MLflow does not answer: ConnectError.')).toBeTruthy();
    fireEvent.click(screen.getByText('Try again'));
    await until(() => server.asked.filter(one => one.url.pathname.endsWith('curves')).length === 2);
    model.dispose();
  });

  it('say how to log one when there is none', async () => {
    const { model } = show(comparison({ curves: [] }));
    await open(/^Curves/);
    expect(await screen.findByText(/Log it with a step/)).toBeTruthy();
    model.dispose();
  });
});

describe('parallel coordinates', () => {
  it('draw a line a run, pick runs by keys, and compare what is picked', async () => {
    const runs = ['a', 'b', 'c', 'd'].map(one => run(one));
    const fields = [field('metric', 'auc', [0.1, 0.2, 0.3, null]), field('param', 'depth', ['1', '2', '3', '4'])];
    const { model, octavo } = show(comparison({ runs, fields }));
    await open(/^Parallel/);
    const plot = await screen.findByRole('group', { name: 'Parallel coordinates of 4 runs' });
    expect(plot.querySelectorAll('.jp-octavo-Parallel-line')).toHaveLength(4);
    expect(within(screen.getByRole('list', { name: 'Colours of auc' })).getByText('1 run without it')).toBeTruthy();
    const axis = screen.getByRole('slider', { name: /^Pick runs by depth/ });
    for (let press = 0; press < 10; press++) {
      fireEvent.keyDown(axis, { key: 'ArrowUp' });
    }
    expect(screen.getByText('2 of 4 runs picked')).toBeTruthy();
    expect(axis.getAttribute('aria-valuetext')).toBe('2.5 to 4');
    fireEvent.click(screen.getByText('Compare these'));
    expect(octavo.opened).toEqual([['compare', { project: 'flights', runs: `${'c'.repeat(32)},${'d'.repeat(32)}` }]]);
    fireEvent.keyDown(axis, { key: 'Escape' });
    expect(screen.getByText('4 of 4 runs picked')).toBeTruthy();
    model.dispose();
  });

  it('say so when there is nothing to see', async () => {
    const { model } = show(comparison({ fields: [field('param', 'seed', ['7', '7'])], different: 0 }));
    await open(/^Parallel/);
    expect(await screen.findByText('No parameter and no metric differs')).toBeTruthy();
    model.dispose();
  });
});

describe('artifacts', () => {
  const listing = {
    path: '',
    runs: ['a'.repeat(32), 'b'.repeat(32)],
    entries: [
      { path: 'roc.png', kind: 'image', sizes: [10, null] },
      { path: `${HOSTILE}.csv`, kind: 'table', sizes: [10, 20] }
    ],
    left_out: 0
  };

  it('show an image beside what the other run lacks', async () => {
    const image = { media_type: 'image/png', width: 4, height: 3, content: 'AAAA' };
    const { model } = show(comparison(), { [`${PREFIX}/artifacts`]: () => listing, [`${PREFIX}/runs/${'a'.repeat(32)}/artifact-image`]: () => image });
    await open(/^Artifacts/);
    fireEvent.click(await screen.findByText('roc.png'));
    expect((await screen.findByRole('img', { name: 'roc.png of run a' })).getAttribute('src')).toBe('data:image/png;base64,AAAA');
    expect(screen.getByText('This run has none.')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Artifacts' }));
    expect(await screen.findByText('roc.png')).toBeTruthy();
    model.dispose();
  });

  it('show tables with hostile cells as text, and why another can not be read', async () => {
    const sheet = { columns: [HOSTILE], rows: [[HOSTILE], [null]], more_rows: true, more_columns: 2, text: null };
    const { model } = show(comparison(), {
      [`${PREFIX}/artifacts`]: () => listing,
      [`${PREFIX}/runs/${'a'.repeat(32)}/artifact-table`]: () => sheet,
      [`${PREFIX}/runs/${'b'.repeat(32)}/artifact-table`]: () => refusal(422, 'invalid', "The file can't be read as csv: it took longer than 15 s.")
    });
    await open(/^Artifacts/);
    fireEvent.click(await screen.findByText(`${HOSTILE}.csv`));
    expect(await screen.findByText('The first 2 rows. 2 columns are left out.')).toBeTruthy();
    expect(await screen.findByText(/it took longer than 15 s/)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    model.dispose();
  });
});
