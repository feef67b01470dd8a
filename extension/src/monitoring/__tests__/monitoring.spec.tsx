import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { SeriesPoint } from '../../api/monitoring';
import { alert, AT, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo } from '../../testing/server';
import { AlertList, isOpen } from '../components/AlertList';
import { Lights, linesOf } from '../components/Pulse';
import { AlertsModel, AlertsPage } from '../panel';

const point = (version: number, at: string, p95: number | null): SeriesPoint => ({ at, version, requests: 1, errors: 0, latency_p50_ms: null, latency_p95_ms: p95 });

describe('the pulse', () => {
  it('draws a line a version, and no point where nothing was measured', () => {
    const series = [point(2, AT, 5), point(1, AT, null), point(1, '2026-01-01T12:01:00Z', 7)];
    expect(linesOf(series, one => one.latency_p95_ms)).toEqual([
      { name: 'v1', points: [[Date.parse('2026-01-01T12:01:00Z'), 7]] },
      { name: 'v2', points: [[Date.parse(AT), 5]] }
    ]);
  });

  it('says the state in sentences with their baseline', () => {
    render(<Lights lights={[{ topic: 'drift', level: 'critical', sentence: 'carrier_delay drifted.', baseline: 'January to May' }]} />);
    expect(screen.getByTitle('January to May').textContent).toBe('driftcarrier_delay drifted.');
  });
});

describe('alerts', () => {
  it('are open until somebody takes them or they are over', () => {
    expect([alert(), alert({ acknowledged_at: AT }), alert({ resolved_at: AT })].map(isOpen)).toEqual([true, false, false]);
  });

  it('can be taken while they are open', () => {
    const taken = jest.fn();
    render(<AlertList alerts={[alert({ message: HOSTILE }), alert({ id: 'l2', acknowledged_at: AT, acknowledged_by: 'oncall', acknowledgement: 'Looking.' })]} onTake={taken} />);
    expect(document.querySelector('img')).toBeNull();
    expect(screen.getByText(/oncall took it: Looking./)).toBeTruthy();
    fireEvent.click(screen.getByText('Take it'));
    expect(taken).toHaveBeenCalledTimes(1);
  });

  it('begin with how many are open', async () => {
    const octavo = fakeOctavo(new FakeServer({ 'GET projects/flights/monitoring/alerts': () => ({ items: [alert()], next_cursor: null }) }));
    const model = new AlertsModel(octavo, { project: 'flights' });
    render(<AlertsPage model={model} octavo={octavo} />);
    expect(await screen.findByText('1 alert is open')).toBeTruthy();
    model.dispose();
  });
});
