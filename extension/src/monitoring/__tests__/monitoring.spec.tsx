import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { alert, AT, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo } from '../../testing/server';
import { AlertList, isOpen } from '../components/AlertList';
import { Lights } from '../components/Lights';
import { AlertsModel, AlertsPage } from '../panel';

describe('the lights', () => {
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
