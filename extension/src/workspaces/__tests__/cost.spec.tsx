import { render, screen } from '@testing-library/react';
import * as React from 'react';

import { cost } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { costLine } from '../components/Cost';
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
    expect((await screen.findByRole('list', { name: 'By person' })).textContent).toContain('scientist0.42 € · 3.5 h');
    model.ask({ since: '2025-12-01' });
    await until(() => server.asked.some(asked => asked.url.searchParams.get('since') === '2025-12-01'));
    model.dispose();
  });

  it('of the platform says who may see it', async () => {
    const model = new CostModel(fakeOctavo(new FakeServer({ 'GET cost': () => refusal(403, 'forbidden', 'Only an admin sees all costs.', 'Ask an admin.') })), {});
    render(<CostPage model={model} />);
    expect((await screen.findByRole('alert')).textContent).toContain('Ask an admin.');
    model.dispose();
  });
});
