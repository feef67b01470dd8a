import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import * as React from 'react';

import { FakeKernel, frame, joined, rows, seen } from '../../testing/features';
import type { Said } from '../../testing/features';
import { featureView, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal } from '../../testing/server';
import { firstPick, fits, ranked } from '../frames';
import { FeatureModel } from '../model';
import { FeaturePage } from '../page';

const BASE = 'projects/flights/features';
const VIEW = `GET ${BASE}/views/carrier_delay`;
const CODE = `POST ${BASE}/code`;
const PREVIEW = `POST ${BASE}/preview`;

function open(kernel: FakeKernel | null, answers: Record<string, () => unknown> = {}): { model: FeatureModel; server: FakeServer; inserted: string[] } {
  const server = new FakeServer({ [VIEW]: () => featureView(), [CODE]: () => ({ code: 'the code', keys: ['carrier'] }), [PREVIEW]: () => joined(), ...answers });
  const octavo = fakeOctavo(server);
  const model = new FeatureModel(octavo, { project: 'flights', name: 'carrier_delay' }, () => kernel?.asker() ?? null);
  const inserted: string[] = [];
  model.codeWanted.connect((_, code) => inserted.push(code));
  render(<FeaturePage model={model} octavo={octavo} />);
  return { model, server, inserted };
}

async function look(): Promise<void> {
  fireEvent.click(await screen.findByText('Find my data frames'));
}

function kernelWith(...says: Said[]): FakeKernel {
  return new FakeKernel(says);
}

describe('preview on my data', () => {
  it('asks nothing of the kernel before it is asked to', async () => {
    const kernel = kernelWith({ json: seen(frame()) });
    open(kernel);
    await screen.findByText('Find my data frames');
    expect(kernel.asked).toHaveLength(0);
  });

  it('finds the frame, joins its rows, explains nulls and inserts the call for that frame', async () => {
    const kernel = kernelWith({ json: seen(frame({ name: 'other', times: [] }), frame()) }, { json: rows() });
    const { server, inserted } = open(kernel);
    await look();
    const pick = await screen.findByLabelText('Frame');
    expect((pick as HTMLSelectElement).value).toBe('flights_june');
    expect((screen.getByLabelText('carrier', { selector: 'select' }) as HTMLSelectElement).value).toBe('carrier');
    expect(screen.getByText('sched_dep_time (no zone: taken as UTC)')).toBeTruthy();
    expect(kernel.asked).toHaveLength(1);
    fireEvent.click(screen.getByText('Preview 20 rows'));
    expect(await screen.findByText(/2 of 28,243 rows of the frame flights_june joined as of each row’s own time/)).toBeTruthy();
    const missing = screen.getByRole('list', { name: 'Missing values' });
    expect(missing.textContent).toContain('null 50 %');
    expect(missing.textContent).toContain('1 row: no such key');
    expect(screen.getByText('0 leaks: no value is newer than its row')).toBeTruthy();
    const table = screen.getByRole('table', { name: 'Joined rows' });
    expect(within(table).getByTitle('carrier_delay has no row with this carrier.').textContent).toBe('no such key');
    const sent = server.asked.find(asked => asked.url.pathname.endsWith('/preview'))?.body;
    expect(sent).toMatchObject({ features: ['carrier_delay:carrier_delay_mean_3h'], keys: [{ name: 'carrier', kind: 'text', values: ['UA', 'ZZ'] }] });
    fireEvent.click(within(screen.getByRole('region', { name: /Preview on my data/ })).getByText('Insert code'));
    await waitFor(() => expect(inserted).toEqual(['the code']));
    expect(server.asked[server.asked.length - 1]?.body).toMatchObject({ frame: { name: 'flights_june', library: 'pandas', keys: { carrier: 'carrier' }, time: 'sched_dep_time', index: false } });
  });

  it('shows a leak as what it is', async () => {
    open(kernelWith({ json: seen(frame()) }, { json: rows() }), { [PREVIEW]: () => joined({ leaks: [{ feature: 'carrier_delay:known_at', rows: 2, detail: 'A row of 2013 uses what became known 1 h later.' }] }) });
    await look();
    fireEvent.click(await screen.findByText('Preview 20 rows'));
    const leak = await screen.findByRole('alert');
    expect(leak.textContent).toContain('Leak: 2 rows of carrier_delay:known_at');
    expect(screen.queryByText(/0 leaks/)).toBeNull();
  });

  it('says when only one clock could be checked, and which keys are not online', async () => {
    const views = [{ view: 'carrier_delay', ttl_seconds: null, readable_checked: false, proofs: [], keys_known: 5, keys_online: 3 }];
    open(kernelWith({ json: seen(frame()) }, { json: rows() }), { [PREVIEW]: () => joined({ views }) });
    await look();
    fireEvent.click(await screen.findByText('Preview 20 rows'));
    expect(await screen.findByText('carrier_delay: event time alone was checked')).toBeTruthy();
    expect(screen.getByText('online: 3 of 5 known keys, the rest is not materialised')).toBeTruthy();
  });

  it('waits for a busy kernel and can be cancelled', async () => {
    const kernel = kernelWith({ json: seen(frame()) });
    kernel.status = 'busy';
    open(kernel);
    await look();
    expect((await screen.findByText(/The kernel is busy/)).textContent).toContain('goes on when its cells are done');
    fireEvent.click(screen.getByText('Cancel'));
    expect(await screen.findByText('Find my data frames')).toBeTruthy();
    expect(kernel.asked).toHaveLength(0);
  });

  it('says what to do without a notebook', async () => {
    open(null);
    await look();
    expect((await screen.findByRole('alert')).textContent).toContain('Open the notebook that shall be looked into');
  });

  it.each([
    [[], /imported neither pandas nor polars/],
    [['pandas'], /Load your data into a frame with a name/]
  ])('says what to do without a frame, with %p imported', async (libraries, words) => {
    open(kernelWith({ json: { libraries, frames: [], left_out: 0 } }));
    await look();
    expect(await screen.findByText(words)).toBeTruthy();
  });

  it('asks for a column where none has the key’s name, and takes another', async () => {
    const columns = [{ name: 'airline', kind: 'text' as const, type: 'object', index: false }];
    const kernel = kernelWith({ json: seen(frame({ columns })) }, { json: rows() });
    open(kernel);
    await look();
    const button = await screen.findByText('Preview 20 rows');
    expect(button.closest('[title]')?.getAttribute('title')).toBe('Say which column holds carrier.');
    fireEvent.change(screen.getByLabelText('carrier', { selector: 'select' }), { target: { value: 'airline' } });
    fireEvent.click(screen.getByText('Preview 20 rows'));
    await screen.findByText(/rows of the frame flights_june joined/);
    expect(kernel.asked[1]?.user_expressions['octavo']).toContain('airline');
  });

  it.each([
    [{ refused: 'gone', what: 'flights_june' }, 'There is no frame flights_june in the kernel any more.'],
    [{ refused: 'column', what: 'carrier' }, 'The frame has no column carrier any more, or several.'],
    [{ refused: 'values', what: 'carrier holds inf' }, 'These rows can not be joined: carrier holds inf.']
  ])('says why rows could not be taken: %p', async (json, message) => {
    open(kernelWith({ json: seen(frame()) }, { json }));
    await look();
    fireEvent.click(await screen.findByText('Preview 20 rows'));
    expect((await screen.findByRole('alert')).textContent).toContain(message);
  });

  it('shows what the platform refuses', async () => {
    open(kernelWith({ json: seen(frame()) }, { json: rows() }), { [PREVIEW]: () => refusal(422, 'invalid', 'keys: carrier holds whole numbers in your rows.', 'Change the column to text.') });
    await look();
    fireEvent.click(await screen.findByText('Preview 20 rows'));
    expect((await screen.findByRole('alert')).textContent).toContain('Change the column to text.');
  });

  it('shows hostile names of frames and columns as text', async () => {
    const columns = [HOSTILE, '__proto__', '\u202egnp.exe'].map(name => ({ name, kind: 'text' as const, type: 'object', index: false }));
    open(kernelWith({ json: seen(frame({ columns, times: [{ name: HOSTILE, naive: false }] })) }));
    await look();
    const select = await screen.findByLabelText('carrier', { selector: 'select' });
    expect([...(select as HTMLSelectElement).options].map(option => option.value)).toEqual(['', HOSTILE, '__proto__', '\u202egnp.exe']);
    fireEvent.change(select, { target: { value: '__proto__' } });
    expect((select as HTMLSelectElement).value).toBe('__proto__');
    expect(document.querySelector('img')).toBeNull();
  });
});

describe('picking a frame', () => {
  it('prefers frames with every key and a time, then the larger', () => {
    const small = frame({ name: 'small', rows: 1 });
    const keyless = frame({ name: 'keyless', columns: [], rows: 10 ** 6 });
    const broken = frame({ name: 'broken', problem: 'It can’t be read' });
    expect(ranked([keyless, broken, small, frame()], ['carrier']).map(one => one.name)).toEqual(['flights_june', 'small', 'keyless', 'broken']);
    expect(fits(broken, [])).toBe(false);
  });

  it('takes event_timestamp first, and keys that are spelt alike', () => {
    const times = ['landed', 'sched_dep_time', 'event_timestamp'].map(name => ({ name, naive: false }));
    const columns = [{ name: 'Tail_Num', kind: 'text' as const, type: 'object', index: false }];
    const pick = firstPick(frame({ times, columns }), ['tailnum', '__proto__']);
    expect(pick.time).toBe('event_timestamp');
    expect([...pick.keys]).toEqual([
      ['tailnum', 'Tail_Num'],
      ['__proto__', '']
    ]);
  });
});
