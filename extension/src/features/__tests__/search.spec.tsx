import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import * as React from 'react';

import type { SearchHit } from '../../api/features';
import { hit, searchPage } from '../../testing/features';
import { HOSTILE } from '../../testing/records';
import type { IFakeOctavo } from '../../testing/server';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { shortReason, wholeReason } from '../explain';
import { FinderModel, FinderPage } from '../finder';
import { FeatureSection, SidebarSearch } from '../section';

const SEARCH = 'GET features/search';
const FACET = {
  name: 'owner' as const,
  values: [
    { value: 'flights-data@octavo.example', count: 3, chosen: false },
    { value: HOSTILE, count: 1, chosen: false }
  ],
  more: 0
};

function section(server: FakeServer): IFakeOctavo & { used: SearchHit[] } {
  const octavo = Object.assign(fakeOctavo(server), { used: [] as SearchHit[] });
  const list = new SidebarSearch(octavo.session);
  render(<FeatureSection list={list} octavo={octavo} onUse={one => octavo.used.push(one)} />);
  return octavo;
}

function finder(server: FakeServer): IFakeOctavo & { used: SearchHit[]; model: FinderModel } {
  const shell = fakeOctavo(server);
  const octavo = Object.assign(shell, { used: [] as SearchHit[], model: new FinderModel(shell, {}) });
  render(<FinderPage model={octavo.model} octavo={octavo} onUse={one => octavo.used.push(one)} />);
  return octavo;
}

function asked(server: FakeServer): URLSearchParams {
  return server.asked[server.asked.length - 1]?.url.searchParams ?? new URLSearchParams();
}

describe('features in the sidebar', () => {
  it('lists the project’s views, opens one, uses one', async () => {
    const server = new FakeServer({ [SEARCH]: () => searchPage([hit()]) });
    const octavo = section(server);
    fireEvent.click(await screen.findByRole('button', { name: /carrier_delay.*1 column/ }));
    expect(octavo.opened).toEqual([['feature', { project: 'flights', name: 'carrier_delay' }]]);
    fireEvent.click(screen.getByLabelText('Use in notebook: carrier_delay'));
    expect(octavo.used.map(one => one.name)).toEqual(['carrier_delay']);
    expect(asked(server).getAll('project')).toEqual(['flights']);
  });

  it('searches as one types into the sidebar’s box, and says why a view was found', async () => {
    const reasons: SearchHit['reasons'] = [
      { asked: 'delya', found: 'delay', how: 'typo', field: 'column', of: 'carrier_delay_mean_3h', points: 1.25 },
      { asked: 'delya', found: 'delay', how: 'typo', field: 'description', of: '', points: 0.5 }
    ];
    const server = new FakeServer({ [SEARCH]: () => searchPage([hit({ reasons })]) });
    const octavo = section(server);
    await screen.findByText(/spelt like/);
    act(() => {
      octavo.session.query = 'delya';
    });
    await until(() => asked(server).get('q') === 'delya');
    expect(await screen.findByText('“delay”, spelt like “delya” in column carrier_delay_mean_3h')).toBeTruthy();
  });

  it('leaves the arrows before its first and after its last view to the sidebar', async () => {
    section(new FakeServer({ [SEARCH]: () => searchPage([hit(), hit({ name: 'b' })]) }));
    const first = await screen.findByRole('button', { name: /carrier_delay.*1 column/ });
    const goes = (key: string): boolean => !fireEvent.keyDown(document.activeElement as Element, { key });
    first.focus();
    expect([goes('ArrowUp'), goes('ArrowDown'), goes('ArrowDown')]).toEqual([false, true, false]);
  });

  it('says what no view is like', async () => {
    const server = new FakeServer({ [SEARCH]: () => searchPage([], { unknown_words: ['zzz'] }) });
    const octavo = section(server);
    await screen.findByText('No features yet');
    act(() => {
      octavo.session.query = 'zzz';
    });
    expect(await screen.findByText('No feature matches')).toBeTruthy();
    expect(screen.getByText(/is like “zzz”/)).toBeTruthy();
  });

  it('narrows by a facet and widens again, the project stays', async () => {
    const server = new FakeServer({ [SEARCH]: () => searchPage([hit()], { facets: [FACET] }) });
    section(server);
    fireEvent.click(await screen.findByText('Filter'));
    const chip = await screen.findByRole('button', { name: /flights-data@octavo.example 3/ });
    expect(chip.getAttribute('aria-pressed')).toBe('false');
    fireEvent.click(chip);
    await until(() => asked(server).getAll('owner').length === 1);
    expect(asked(server).getAll('project')).toEqual(['flights']);
    fireEvent.click(screen.getByLabelText('Remove Owner flights-data@octavo.example'));
    await until(() => asked(server).getAll('owner').length === 0);
    expect(asked(server).getAll('project')).toEqual(['flights']);
  });

  it('says why it can not be read', async () => {
    section(new FakeServer({ [SEARCH]: () => refusal(403, 'forbidden', 'You are no member of flights.', 'Ask its admin.') }));
    expect((await screen.findByRole('alert')).textContent).toContain('Ask its admin.');
  });

  it('shows hostile names, owners and facets as text', async () => {
    const server = new FakeServer({ [SEARCH]: () => searchPage([hit({ name: HOSTILE, description: HOSTILE, owner: '\u202egnp' })], { facets: [FACET] }) });
    section(server);
    fireEvent.click(await screen.findByText('Filter'));
    expect((await screen.findAllByText(HOSTILE)).length).toBeGreaterThan(1);
    expect(document.querySelector('img')).toBeNull();
    expect(screen.getByText('\u202egnp').tagName).toBe('BDI');
  });
});

describe('the finder', () => {
  const three = ['a', 'b', 'c'].map(name => hit({ name, project: name === 'c' ? 'other' : 'flights', unused: name === 'b' }));

  it('goes from the box into the hits and back with the keyboard alone', async () => {
    const octavo = finder(new FakeServer({ [SEARCH]: () => searchPage(three) }));
    const box = screen.getByLabelText('Search features');
    await screen.findByText('a');
    expect(document.activeElement).toBe(box);
    fireEvent.keyDown(box, { key: 'ArrowDown' });
    expect(document.activeElement?.textContent).toMatch(/^data is fresha/);
    fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowDown' });
    expect(document.activeElement?.textContent).toContain('unused');
    fireEvent.keyDown(document.activeElement as Element, { key: 'End' });
    expect(document.activeElement?.textContent).toContain('other');
    fireEvent.keyDown(document.activeElement as Element, { key: 'Enter', ctrlKey: true });
    expect(octavo.used.map(one => one.name)).toEqual(['c']);
    fireEvent.keyDown(document.activeElement as Element, { key: 'Home' });
    fireEvent.keyDown(document.activeElement as Element, { key: 'ArrowUp' });
    expect(document.activeElement).toBe(box);
    fireEvent.keyDown(box, { key: 'Enter' });
    expect(octavo.opened).toEqual([['feature', { project: 'flights', name: 'a' }]]);
  });

  it('is one stop of the Tab key', async () => {
    finder(new FakeServer({ [SEARCH]: () => searchPage(three) }));
    const list = await screen.findByRole('list', { name: 'Feature views' });
    const stops = within(list)
      .getAllByRole('button', { name: /column/ })
      .map(button => button.tabIndex);
    expect(stops).toEqual([0, -1, -1]);
  });

  it('adds pages, and forgets them when the words change', async () => {
    const server = new FakeServer({
      [SEARCH]: one => searchPage([hit({ name: `v${one.url.searchParams.get('offset')}` })], { total: 2 })
    });
    const { model } = finder(server);
    fireEvent.click(await screen.findByText('Show more of 2'));
    expect(await screen.findByText('v1')).toBeTruthy();
    fireEvent.change(screen.getByLabelText('Search features'), { target: { value: 'x' } });
    await waitFor(() => expect(model.hits.map(one => one.name)).toEqual(['v0']));
  });

  it('cuts words that are longer than a search takes', async () => {
    const server = new FakeServer({ [SEARCH]: () => searchPage([]) });
    const { model } = finder(server);
    act(() => model.type('x'.repeat(1_000_000)));
    await until(() => asked(server).get('q')?.length === 200);
  });
});

describe('why a view was found', () => {
  const reasons: SearchHit['reasons'] = [
    { asked: 'late', found: 'late', how: 'exact', field: 'name', of: '', points: 4 },
    { asked: 'late', found: 'lateness', how: 'prefix', field: 'tag', of: 'domain', points: 1 },
    { asked: 'car', found: 'oscar', how: 'inside', field: 'owner', of: '', points: 0.5 }
  ];

  it('is one line with the best place of each word', () => {
    expect(shortReason(hit({ reasons }))).toBe('“late” in name · “oscar” holds “car” in owner');
  });

  it('is a sum on hover', () => {
    expect(wholeReason(hit({ reasons, score: 5, use_points: 0.5 })).split('\n')).toEqual(['Rank 5.00', '+4.00  “late” in name', '+1.00  “lateness” begins with “late” in tag domain', '+0.50  “oscar” holds “car” in owner', '+0.50  used by people lately']);
  });
});
