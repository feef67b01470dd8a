import { act, render, screen } from '@testing-library/react';
import * as React from 'react';

import { cost } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { BudgetChip, CostMonth, costLine } from '../components/Cost';
import { monthLines, stackedDays } from '../components/days';
import { CostModel, CostPage } from '../panel';

describe('cost', () => {
  it('says what was spent and what is left', () => {
    expect(costLine(cost())).toBe('1.50 € since 2026-01-01, 0.42 € today · 498.50 € of 500.00 € left this month');
    expect(costLine(cost({ budget_eur: null }))).toBe('1.50 € since 2026-01-01, 0.42 € today');
  });

  it('shows who it was, and asks for other days', async () => {
    const server = new FakeServer({ 'GET projects/flights/cost': () => cost() });
    const model = new CostModel(fakeOctavo(server), { project: 'flights' });
    render(<CostPage model={model} />);
    expect((await screen.findByRole('list', { name: 'By person' })).textContent).toContain('scientist0.42 € · 3.5 h, 0.12 € not used');
    expect(screen.getByRole('link', { name: 'Download as CSV' }).getAttribute('href')).toBe('http://lab/user/s/octavo/api/projects/flights/cost.csv');
    expect(screen.getByRole('img', { name: 'Cost day by day' })).toBeTruthy();
    act(() => model.ask({ since: '2025-12-01' }));
    await until(() => server.asked.some(asked => asked.url.searchParams.get('since') === '2025-12-01'));
    model.dispose();
  });

  it('says by when the budget is spent', () => {
    const forecast = { burn_eur_per_day: 40, month_eur: 900, exhausted_at: '2026-01-13T10:00:00Z' };
    expect(costLine(cost({ forecast }))).toMatch(/, spent by 2026-01-13 at the present burn$/);
  });

  it('shows the steps of the budget and where the project stands', () => {
    const rules = { project: 'flights', monthly_eur: 500, spent_eur: 480, left_eur: 20, alert_percent: 80, soft_stop_percent: 95, hard_stop_percent: 100, state: 'soft_stop' as const, forecast: cost().forecast };
    render(<BudgetChip rules={rules} />);
    expect(screen.getByText('soft stop: nothing new starts').parentElement?.title).toBe('Alert at 80 %, soft stop at 95 %, hard stop at 100 % of 500.00 €');
  });

  it('of the platform says who may see it', async () => {
    const model = new CostModel(fakeOctavo(new FakeServer({ 'GET cost': () => refusal(403, 'forbidden', 'Only an admin sees all costs.', 'Ask an admin.') })), {});
    render(<CostPage model={model} />);
    expect((await screen.findByRole('alert')).textContent).toContain('Ask an admin.');
    model.dispose();
  });
});

describe('days', () => {
  const line = (name: string, cost_eur: number, idle_eur = 0): { name: string; hours: number; cost_eur: number; idle_eur: number } => ({ name, hours: 1, cost_eur, idle_eur });

  it('put every euro of a day into exactly one part', () => {
    const names = ['a', 'b', 'c', 'd', 'e', ''];
    const report = cost({ days: [{ day: '2026-01-01', lines: names.map((name, at) => line(name, 6 - at, 0.5)) }, { day: '2026-01-02', lines: [line('a', 2, 2)] }] });
    const { series, stacks } = stackedDays(report);
    expect(series).toEqual(['a', 'b', 'c', 'd', 'others', 'booked, not used']);
    expect(stacks[0]?.parts).toEqual([5.5, 4.5, 3.5, 2.5, 2, 3]);
    expect(stacks.map(stack => stack.parts.reduce((sum, part) => sum + part, 0))).toEqual([21, 2]);
  });

  it('name what is nobody’s', () => {
    expect(stackedDays(cost({ days: [{ day: '2026-01-01', lines: [line('', 1)] }] })).series).toEqual(['nobody’s', 'booked, not used']);
    expect(stackedDays(cost({ days: [] }))).toEqual({ series: ['booked, not used'], stacks: [] });
  });

  it('draw the month with its forecast and budget, and no other days', () => {
    const now = new Date('2026-01-02T12:00:00Z');
    const report = cost({ by_day: [line('2026-01-01', 10), line('2026-01-02', 5)].map(day => ({ ...day })), forecast: { burn_eur_per_day: 10, month_eur: 310, exhausted_at: null } });
    const lines = monthLines(report, now);
    expect(lines.map(one => one.name)).toEqual(['spent', 'forecast at the present burn', 'budget']);
    expect(lines[0]?.points.map(point => point[1])).toEqual([0, 10, 15]);
    expect(lines[1]?.points.map(point => point[1])).toEqual([15, 310]);
    expect(monthLines(cost({ since: '2026-01-02' }), now)).toEqual([]);
    const { container } = render(<CostMonth report={cost({ until: '2025-12-31' })} now={now} />);
    expect(container.textContent).toBe('');
  });
});
