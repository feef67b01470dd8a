import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { ConsumerBody, ConsumerToken } from '../../api/consumers';
import { consumer, pattern, requestLog } from '../../testing/deployments';
import { AT, deployment, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { ConsumerForm, TokenForm } from '../components/ConsumerForms';
import { limitWords, Patterns } from '../components/Consumers';
import { KeptForm, KeptRows } from '../components/Kept';
import { ConsumersTab } from '../consumers';
import { RequestLogTab } from '../kept';

const PATH = 'projects/flights';

describe('consumers', () => {
  it('lists who asks, opens one with its tokens, and shows who copies', async () => {
    const server = new FakeServer({
      [`GET ${PATH}/consumers`]: () => ({ items: [consumer()], next_cursor: null }),
      [`GET ${PATH}/consumers/booking-site`]: () => consumer({ purpose: HOSTILE }),
      [`GET ${PATH}/deployments/late/patterns`]: () => ({ items: [pattern()], next_cursor: null })
    });
    render(<ConsumersTab octavo={fakeOctavo(server)} project="flights" deployment="late" />);
    fireEvent.click(await screen.findByText('Warns of late flights.'));
    expect(await screen.findByText('the web shop')).toBeTruthy();
    expect(screen.getByText(HOSTILE)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    expect(await screen.findByText('one looks like copying the model')).toBeTruthy();
    expect(server.asked.find(asked => asked.url.pathname.endsWith('/consumers'))?.url.searchParams.get('deployment')).toBe('late');
  });

  it('says what it is for where there is none', async () => {
    const server = new FakeServer({ [`GET ${PATH}/consumers`]: () => ({ items: [], next_cursor: null }), [`GET ${PATH}/deployments/late/patterns`]: () => ({ items: [], next_cursor: null }) });
    render(<ConsumersTab octavo={fakeOctavo(server)} project="flights" deployment="late" />);
    expect(await screen.findByText('No program asks from outside')).toBeTruthy();
  });

  it('makes one with limits of its own', async () => {
    const made: ConsumerBody[] = [];
    render(<ConsumerForm deployment="late" onMake={async body => made.push(body)} onCancel={() => undefined} />);
    fireEvent.click(screen.getByText('Make consumer'));
    expect(made).toEqual([]);
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'booking-site' } });
    fireEvent.change(screen.getByLabelText('What it asks for'), { target: { value: 'Warns of late flights.' } });
    fireEvent.change(screen.getByLabelText('Rows a minute'), { target: { value: '600' } });
    fireEvent.click(screen.getByText('Make consumer'));
    await until(() => made.length === 1);
    expect(made[0]).toEqual({ name: 'booking-site', purpose: 'Warns of late flights.', deployments: ['late'], owner: null, limits: { requests_per_second: 20, burst: 40, rows_per_minute: 600 } });
    expect(limitWords(made[0]?.limits ?? { requests_per_second: 1, burst: 1 })).toBe('20 requests a second, 40 at once, 600 rows a minute');
  });

  it('shows a token once and says so', async () => {
    const [token] = consumer().tokens;
    render(<TokenForm onIssue={async () => ({ token: 'octc_secret', about: token as ConsumerToken })} onDone={() => undefined} />);
    fireEvent.change(screen.getByLabelText('Days until it ends'), { target: { value: '0' } });
    fireEvent.click(screen.getByText('Make token'));
    expect(screen.queryByText('octc_secret')).toBeNull();
    fireEvent.change(screen.getByLabelText('Days until it ends'), { target: { value: '30' } });
    fireEvent.click(screen.getByText('Make token'));
    expect(await screen.findByText('octc_secret')).toBeTruthy();
    expect(screen.getByText(/can’t be shown again/)).toBeTruthy();
  });

  it('is silent about callers while there are none', () => {
    const { container } = render(<Patterns patterns={[]} />);
    expect(container.textContent).toBe('');
  });
});

describe('the request log', () => {
  it('says what is kept, and shows rows as text', async () => {
    const row = { request_id: 'r', at: AT, version: 1, caller: 'scientist', latency_ms: 2, inputs: HOSTILE, prediction: '0.3' };
    const server = new FakeServer({ [`GET ${PATH}/deployments/late/request-log`]: () => requestLog(), [`GET ${PATH}/deployments/late/request-log/rows`]: () => ({ items: [row], next_cursor: null }) });
    render(<RequestLogTab octavo={fakeOctavo(server)} project="flights" deployment={deployment()} />);
    expect(await screen.findByText('2.0 KiB in 3 files')).toBeTruthy();
    expect(await screen.findByText(HOSTILE)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
  });

  it('changes exactly what was read', async () => {
    const sent: object[] = [];
    render(<KeptForm log={requestLog()} columns={['distance', 'carrier']} onChange={async body => sent.push(body)} onCancel={() => undefined} />);
    fireEvent.change(screen.getByLabelText('Share of the requests'), { target: { value: '101' } });
    fireEvent.change(screen.getByLabelText('Why'), { target: { value: 'Distances name people.' } });
    fireEvent.click(screen.getByText('Change'));
    expect(sent).toEqual([]);
    fireEvent.change(screen.getByLabelText('Share of the requests'), { target: { value: '25' } });
    fireEvent.click(screen.getByLabelText('distance'));
    fireEvent.click(screen.getByText('Change'));
    await until(() => sent.length === 1);
    expect(sent[0]).toEqual({ share: 0.25, keep_days: 30, redacted: ['carrier', 'distance'], generation: 2, reason: 'Distances name people.' });
  });

  it('says why it is empty', () => {
    render(<KeptRows rows={[]} onRefresh={() => undefined} />);
    expect(screen.getByText('No row is kept')).toBeTruthy();
  });
});
