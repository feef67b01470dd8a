import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { featureView, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { FeatureList, FeatureModel } from '../model';
import { FeaturePage, FeatureSection } from '../panel';

const VIEWS = 'GET projects/flights/features/views';

function section(server: FakeServer): ReturnType<typeof fakeOctavo> & { used: string[] } {
  const octavo = Object.assign(fakeOctavo(server), { used: [] as string[] });
  const list = new FeatureList(octavo.session);
  render(<FeatureSection list={list} octavo={octavo} onUse={name => octavo.used.push(name)} />);
  return octavo;
}

describe('features', () => {
  it('lists views, opens one, uses one', async () => {
    const octavo = section(new FakeServer({ [VIEWS]: () => ({ items: [featureView()], next_cursor: null, snapshot: null }) }));
    fireEvent.click(await screen.findByRole('button', { name: /carrier_delay 1 column/ }));
    expect(octavo.opened).toEqual([['feature', { project: 'flights', name: 'carrier_delay' }]]);
  });

  it('searches on the server as one types', async () => {
    const server = new FakeServer({ [VIEWS]: () => ({ items: [], next_cursor: null, snapshot: null }) });
    const octavo = section(server);
    await screen.findByText('No features yet');
    octavo.session.query = 'delay';
    await until(() => server.asked.some(asked => asked.url.searchParams.get('q') === 'delay'));
    expect(await screen.findByText('No feature matches')).toBeTruthy();
  });

  it('says why it can not be read', async () => {
    section(new FakeServer({ [VIEWS]: () => refusal(403, 'forbidden', 'You are no member of flights.', 'Ask its admin.') }));
    expect((await screen.findByRole('alert')).textContent).toContain('Ask its admin.');
  });

  it('shows what a hostile name is made of, and nothing more', async () => {
    const server = new FakeServer({ [VIEWS]: () => ({ items: [featureView({ name: HOSTILE, description: HOSTILE })], next_cursor: null, snapshot: null }) });
    section(server);
    expect((await screen.findAllByText(HOSTILE)).length).toBeGreaterThan(0);
    expect(document.querySelector('img')).toBeNull();
  });

  it('shows schema, code and statistics, and emits the code that is wanted', async () => {
    const octavo = fakeOctavo(new FakeServer({ [`${VIEWS}/carrier_delay`]: () => featureView() }));
    const model = new FeatureModel(octavo, { project: 'flights', name: 'carrier_delay' });
    const wanted: string[] = [];
    model.codeWanted.connect((_, code) => wanted.push(code));
    render(<FeaturePage model={model} octavo={octavo} />);
    fireEvent.click(await screen.findByLabelText('Insert code: As of each row'));
    expect(wanted).toEqual(['store().get_historical_features()']);
    fireEvent.click(screen.getByRole('tab', { name: 'Statistics' }));
    expect(screen.getByRole('img', { name: 'Histogram of carrier_delay_mean_3h' })).toBeTruthy();
    expect(screen.getByText('5.0 % of 100 rows')).toBeTruthy();
    fireEvent.click(screen.getByRole('tab', { name: /Consumers/ }));
    expect(screen.getByText('Nobody uses it yet')).toBeTruthy();
    model.dispose();
  });
});
