import { render, screen } from '@testing-library/react';
import * as React from 'react';

import { HOSTILE, run } from '../../testing/records';
import { FakeServer, fakeOctavo } from '../../testing/server';
import { ComparePage } from '../compare';
import { CompareModel } from '../compareModel';

const other = run({ run_id: 'b'.repeat(32), name: HOSTILE, metrics: { auc: 0.7 } });

function server(): FakeServer {
  return new FakeServer({
    'GET projects/flights/experiments/compare': () => ({
      runs: [run(), other],
      fields: [{ kind: 'metric', name: 'auc', values: [0.7651, 0.7], differs: true, delta: -0.0651 }],
      series: {}
    })
  });
}

describe('comparison', () => {
  it('shows what differs, with the difference', async () => {
    const asked = server();
    const octavo = fakeOctavo(asked);
    const model = new CompareModel(octavo, { project: 'flights', runs: 'a,b' });
    render(<ComparePage model={model} octavo={octavo} />);
    expect((await screen.findByText('−0.0651')).closest('tr')?.textContent).toContain('auc');
    expect(asked.asked.find(one => one.url.pathname.endsWith('compare'))?.url.searchParams.getAll('run')).toEqual(['a', 'b']);
    model.dispose();
  });
});
