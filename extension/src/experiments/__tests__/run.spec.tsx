import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import type { Curve } from '../../api/comparison';
import type { Run, RunDetail } from '../../api/experiments';
import { AT, HOSTILE, run } from '../../testing/records';
import type { IAsked } from '../../testing/server';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { RunPageView } from '../run';
import { RunModel } from '../runModel';

const PREFIX = 'GET projects/flights/experiments';
const ID = 'a'.repeat(32);
const ACTIONS = { register: () => undefined, deploy: () => undefined, openNotebook: () => undefined, compareNotebooks: () => undefined };

beforeAll(() => {
  // The stand-in of JupyterLab's tests never sees anything; without one, all is in sight.
  Object.assign(window, { IntersectionObserver: undefined });
});

function detail(changes: Partial<RunDetail> = {}, made: Partial<Run> = {}): RunDetail {
  const metrics = [
    { name: 'auc', value: 0.76514321, odd: null, step: 0, at: AT },
    { name: 'loss', value: 0.25, odd: null, step: 1999, at: AT },
    { name: HOSTILE, value: null, odd: '-inf' as const, step: 3, at: AT },
    { name: '__proto__', value: null, odd: null, step: 0, at: AT }
  ];
  return { run: run({ notebook: null, ...made }), params: { depth: '5' }, tags: {}, metrics, metrics_found: changes.metrics?.length ?? metrics.length, curves: ['loss'], inputs: [], models: [], tracking_url: 'http://mlflow/run', ...changes };
}

function curves(asked: IAsked): unknown {
  const { searchParams } = asked.url;
  const curve: Curve = { run_id: ID, points: 2000, missing: 0, truncated: false, stale: false, exact: true, x: [0, 1999], mean: [1, 0.25], low: [], high: [], count: [], gaps: [] };
  return { metric: searchParams.get('metric'), axis: searchParams.get('x'), extent: [0, 1999], window: [0, 1999], curves: [curve] };
}

function show(answer: (asked: IAsked) => RunDetail): { server: FakeServer; model: RunModel; asked: () => IAsked[] } {
  const server = new FakeServer({ [`${PREFIX}/runs/${ID}`]: answer, [`${PREFIX}/curves`]: curves });
  const octavo = fakeOctavo(server);
  const model = new RunModel(octavo, { project: 'flights', id: ID });
  render(<RunPageView model={model} octavo={octavo} actions={ACTIONS} />);
  return { server, model, asked: () => server.asked.filter(one => one.url.pathname.endsWith('/curves')) };
}

describe("a run's page", () => {
  it('draws what has a history, of any length', async () => {
    const { model, asked } = show(() => detail());
    const chart = await screen.findByRole('group', { name: /^loss over Step/ });
    expect(chart.querySelectorAll('.jp-octavo-Curve-line')).toHaveLength(1);
    expect(screen.getAllByRole('group', { name: / over / })).toHaveLength(1);
    expect(asked().map(one => one.url.searchParams.getAll('run'))).toEqual([[ID]]);
    model.dispose();
  });

  it('lists the newest value of each metric, its step and when it was logged', async () => {
    const { model } = show(() => detail());
    const table = await screen.findByRole('table', { name: 'Metrics' });
    const rows = within(table).getAllByRole('row').slice(1).map(row => within(row).getAllByRole('cell').map(cell => cell.textContent));
    expect(rows.map(row => row.slice(0, 3))).toEqual([
      ['auc', '0.7651', '0'],
      ['loss', '0.25', '1,999'],
      [HOSTILE, '-inf', '3'],
      ['__proto__', '–', '0']
    ]);
    expect(within(table).getByTitle('0.76514321')).toBeTruthy();
    expect(table.querySelector('time')?.dateTime).toBe(new Date(AT).toISOString());
    expect(document.querySelector('img')).toBeNull();
    model.dispose();
  });

  it('has no curves where nothing was logged more than once', async () => {
    const { model, asked } = show(() => detail({ metrics: [], curves: [] }));
    expect(await screen.findByText('The run has logged no metric yet.')).toBeTruthy();
    expect(screen.queryByText('Curves')).toBeNull();
    expect(asked()).toEqual([]);
    model.dispose();
  });

  it('says how many metrics are left out, and finds them by their names', async () => {
    const late = { name: 'layer.5065/loss', value: 0.125, odd: null, step: 9, at: AT };
    const { model, asked } = show(({ url }) => {
      const search = url.searchParams.get('search');
      return search === null ? detail({ metrics_found: 5066 }) : detail(search === '5065' ? { metrics: [late], metrics_found: 1, curves: [late.name] } : { metrics: [], curves: [] });
    });
    expect(await screen.findByText('4 of 5,066 metrics; type to find others.')).toBeTruthy();
    const field = screen.getByRole('searchbox', { name: 'Find among all metrics' });
    fireEvent.change(field, { target: { value: '5065' } });
    expect(await screen.findByText(late.name, { selector: 'td' })).toBeTruthy();
    expect(screen.queryByText(/type to find others/)).toBeNull();
    await until(() => asked().some(one => one.url.searchParams.get('metric') === late.name));
    fireEvent.change(field, { target: { value: 'nothing' } });
    expect(await screen.findByText('No metric matches')).toBeTruthy();
    fireEvent.change(field, { target: { value: '' } });
    expect(await screen.findByText('4 of 5,066 metrics; type to find others.')).toBeTruthy();
    model.dispose();
  });

  it('draws anew while the run lives, once more when it has ended, and not after that', async () => {
    let answers = 0;
    const { model, asked } = show(() => detail({}, { ended_at: ++answers > 2 ? AT : null }));
    await until(() => asked().length === 1);
    await model.run.refresh();
    await until(() => asked().length === 2);
    await model.run.refresh();
    await until(() => asked().length === 3);
    await model.run.refresh();
    expect([model.run.state.value?.run.ended_at, model.beat.count]).toEqual([AT, 3]);
    model.dispose();
  });
});
