import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import type { FeatureView } from '../../api/features';
import { joined } from '../../testing/features';
import { AT, featureView, HOSTILE } from '../../testing/records';
import type { Answer, IFakeOctavo } from '../../testing/server';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { FeatureModel } from '../model';
import { FeaturePage } from '../page';

const BASE = 'projects/flights/features';
const VIEW = `${BASE}/views/carrier_delay`;

function open(changes: Partial<FeatureView> = {}, answers: Record<string, Answer> = {}): { octavo: IFakeOctavo; model: FeatureModel; server: FakeServer; inserted: string[] } {
  const server = new FakeServer({ [`GET ${VIEW}`]: () => featureView(changes), [`POST ${BASE}/code`]: asked => ({ code: JSON.stringify(asked.body), keys: [] }), ...answers });
  const octavo = fakeOctavo(server);
  const model = new FeatureModel(octavo, { project: 'flights', name: 'carrier_delay' }, () => null);
  const inserted: string[] = [];
  model.codeWanted.connect((_, code) => inserted.push(code));
  render(<FeaturePage model={model} octavo={octavo} />);
  return { octavo, model, server, inserted };
}

const WINDOW = { start: AT, end: '2026-02-01T12:00:00Z', rows: 10, null_rate: 0.25, mean: 5, p05: 1, p50: 4, p95: 9, counts: [], categories: [] };

describe('a feature view', () => {
  it('opens with both freshness figures, owner, TTL, use and cost', async () => {
    open({ unused: true });
    expect((await screen.findByText(/newest event/)).textContent).toContain('newest event');
    expect(screen.getByText('never materialised', { selector: '.jp-octavo-Chip *' })).toBeTruthy();
    expect(screen.getByText('owner flights-data@octavo.example')).toBeTruthy();
    expect(screen.getByText('TTL 6 h')).toBeTruthy();
    expect(screen.getByText('unused')).toBeTruthy();
    expect(screen.getByText('0.02 € in 30 days')).toBeTruthy();
    expect(screen.getByText(/last used/)).toBeTruthy();
  });

  it('shows what another person changed meanwhile, and keeps the picked columns', async () => {
    jest.useFakeTimers();
    let owner = 'ann';
    const octavo = fakeOctavo(new FakeServer({ [`GET ${VIEW}`]: () => featureView({ owner }) }));
    octavo.session.settings.refreshSeconds = 10;
    const model = new FeatureModel(octavo, { project: 'flights', name: 'carrier_delay' }, () => null);
    await jest.advanceTimersByTimeAsync(1000);
    const first = model.view.state.value?.owner;
    model.pick(['carrier_delay_mean_3h']);
    owner = 'bob';
    await jest.advanceTimersByTimeAsync(40_000);
    jest.useRealTimers();
    expect([first, model.view.state.value?.owner, model.picked]).toEqual(['ann', 'bob', ['carrier_delay_mean_3h']]);
    model.dispose();
  });

  it('marks a stale view and says by what', async () => {
    open({ freshness: { ...featureView().freshness, state: 'stale' } });
    const chip = (await screen.findByText(/stale: newest event/)).closest('.jp-octavo-Chip');
    expect(chip?.getAttribute('title')).toContain('Expected at most 1 h old, by how often rows came so far.');
  });

  it('writes code for the picked columns, for a service and for the newest values', async () => {
    const { inserted } = open({ columns: ['a', 'b', 'b_known_at'], features: ['a', 'b', 'b_known_at'].map(name => ({ ...featureView().features[0]!, name })) });
    const code = await screen.findByLabelText('Code', { selector: 'pre' });
    expect(code.textContent).toContain('["carrier_delay:a","carrier_delay:b"]');
    fireEvent.click(screen.getByLabelText('Use a'));
    await until(() => code.textContent?.includes('["carrier_delay:b"]') ?? false);
    fireEvent.change(screen.getByLabelText('Read'), { target: { value: 'flights_late' } });
    fireEvent.change(screen.getByLabelText('Values'), { target: { value: 'online' } });
    await until(() => code.textContent === '{"how":"online","features":[],"service":"flights_late","frame":null}');
    fireEvent.click(screen.getByLabelText('Insert this code'));
    expect(inserted).toEqual([code.textContent]);
  });

  it('asks for a column when none is picked', async () => {
    open();
    fireEvent.click(await screen.findByText('none', { selector: 'button' }));
    expect(screen.getByText('Pick at least one feature in the schema.')).toBeTruthy();
  });

  it('looks an entity up, and says why nothing of it is online', async () => {
    const cells = { 'carrier_delay:carrier_delay_mean_3h': { value: null, status: 'absent', event_at: null } };
    const { server } = open(
      {},
      {
        [`POST ${BASE}/online`]: () => ({ rows: [{ entity: { carrier: 'UA' }, cells }], snapshot: 'a' }),
        [`POST ${BASE}/preview`]: () => joined()
      }
    );
    const card = await screen.findByRole('region', { name: 'Look an entity up' });
    fireEvent.click(within(card).getByText('Look up'));
    expect((await within(card).findByRole('alert')).textContent).toContain('carrier is empty.');
    fireEvent.change(within(card).getByLabelText('carrier'), { target: { value: ' UA ' } });
    fireEvent.click(within(card).getByText('Look up'));
    expect(await within(card).findByText('The source has a value; it is not materialised.')).toBeTruthy();
    expect(server.asked.find(asked => asked.url.pathname.endsWith('/online'))?.body).toMatchObject({ entities: [{ carrier: 'UA' }] });
  });

  it('takes digits for a whole number where the key is one, and refuses others', async () => {
    const { server } = open({ key_types: { carrier: 'Int64' } }, { [`POST ${BASE}/online`]: () => ({ rows: [], snapshot: 'a' }) });
    const card = await screen.findByRole('region', { name: 'Look an entity up' });
    fireEvent.change(within(card).getByLabelText('carrier'), { target: { value: '9007199254740993' } });
    fireEvent.click(within(card).getByText('Look up'));
    expect((await within(card).findByRole('alert')).textContent).toContain('carrier is a whole number here');
    fireEvent.change(within(card).getByLabelText('carrier'), { target: { value: '12' } });
    fireEvent.click(within(card).getByText('Look up'));
    await until(() => server.asked.some(asked => (JSON.stringify(asked.body) ?? '').includes('{"carrier":12}')));
  });

  it('shows statistics, and how they change over event time', async () => {
    open({}, { [`GET ${VIEW}/history`]: () => ({ computed_at: AT, columns: [{ name: 'carrier_delay_mean_3h', edges: [0, 10], windows: [WINDOW, { ...WINDOW, rows: 0, null_rate: null, mean: null, p05: null, p50: null, p95: null }] }] }) });
    fireEvent.click(await screen.findByRole('tab', { name: 'Statistics' }));
    expect(screen.getByRole('img', { name: 'Histogram of carrier_delay_mean_3h' })).toBeTruthy();
    expect(screen.getByText('5.0 % of 100 rows')).toBeTruthy();
    const list = await screen.findByRole('list', { name: 'carrier_delay_mean_3h over event time' });
    expect(list.textContent).toContain('10 rows, 25.0 % missing');
    expect(list.textContent).toContain('no rows');
  });

  it('shows versions with what each changed', async () => {
    const version = { number: 2, snapshot: 'ab'.repeat(32), published_at: AT, published_by: 'admin', reason: HOSTILE, removed: false };
    const changes = [
      { what: 'ttl_seconds', change: 'changed', before: '3600', after: '21600' },
      { what: `column ${HOSTILE}`, change: 'added', before: null, after: 'Float64' }
    ];
    open({}, { [`GET ${VIEW}/versions`]: () => ({ items: [{ ...version, changes }, { ...version, number: 1, changes: [] }] }) });
    fireEvent.click(await screen.findByRole('tab', { name: /Versions/ }));
    const lines = within(await screen.findByRole('list', { name: 'What version 2 changed' })).getAllByRole('listitem');
    expect(lines.map(line => line.textContent)).toEqual(['~ ttl_seconds changed3600 21600', `+ column ${HOSTILE} added Float64`]);
    expect(screen.getByText('The first definition.')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('shows who uses it, and opens what can be opened', async () => {
    const { octavo } = open({
      consumers: [
        { node: 'run:flights/abc', kind: 'run', name: 'train #214', relation: 'read' },
        { node: 'odd:x', kind: 'odd', name: 'odd', relation: 'read' }
      ],
      uses: [{ person: 'scientist', how: 'preview', subject: 'a.ipynb', count: 3, columns: ['a'], last_at: AT }]
    });
    fireEvent.click(await screen.findByRole('tab', { name: /Consumers/ }));
    fireEvent.click(screen.getByText('train #214'));
    expect(octavo.opened).toEqual([['run', { project: 'flights', id: 'abc' }]]);
    expect(screen.getByText('odd', { selector: 'bdi' })).toBeTruthy();
    expect(within(screen.getByRole('table', { name: 'Readers' })).getByText('scientist')).toBeTruthy();
  });

  it('says that nobody uses it', async () => {
    open();
    fireEvent.click(await screen.findByRole('tab', { name: /Consumers/ }));
    expect(screen.getByText('Nobody uses it yet')).toBeTruthy();
  });

  it('says what is wrong with its registry', async () => {
    open({ problems: ['The registry was moved behind our back.'] });
    expect((await screen.findByRole('alert')).textContent).toBe('The registry was moved behind our back.');
  });
});
