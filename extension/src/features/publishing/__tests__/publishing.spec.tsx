import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import type { DeclaredView, Declaration, FeatureChangeDetail, FeaturePlan, LakeTable } from '../../../api/publishing';
import { AT, HOSTILE, me } from '../../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../../testing/server';
import { ChangePage, ChangeSection, countWords, stateWords } from '../change';
import { added, draftFrom, draftOf, edited, fault, tagsOf, ttlSeconds, without } from '../draft';
import { EditPage } from '../edit';
import { ChangeList, ChangeModel, EditModel } from '../model';

const BASE = 'projects/flights/features';
const SHA = 'ab'.repeat(32);

function declared(changes: Partial<DeclaredView> = {}): DeclaredView {
  return {
    name: 'carrier_delay',
    entities: ['carrier'],
    source: 'delays',
    columns: ['mean', 'flights'].map(name => ({ name, dtype: 'Float64' as const, description: `${name}, minutes`, tags: {} })),
    ttl_seconds: 6 * 3600,
    description: 'Rolling delay.',
    owner: 'ann',
    tags: { domain: 'delay' },
    online: true,
    ...changes
  };
}

function declaration(changes: Partial<Declaration> = {}): Declaration {
  return {
    entities: [{ name: 'carrier', join_key: 'carrier', type: 'String', description: '', owner: '', tags: {} }],
    sources: [{ name: 'delays', path: 'curated/delays', event_column: 'event_timestamp', created_column: null, description: '' }],
    push_sources: [],
    views: [declared()],
    services: [{ name: 'late', members: [{ view: 'carrier_delay', columns: ['mean', 'flights'] }], description: '', owner: '', tags: {} }],
    transformations: [],
    ...changes
  };
}

const TABLE: LakeTable = {
  path: 'curated/route-delay.parquet',
  rows: 1200,
  columns: [
    { name: 'route', type: 'string', dtype: 'String' },
    { name: 'event_timestamp', type: 'timestamp[us, tz=UTC]', dtype: 'UnixTimestamp' },
    { name: 'created_timestamp', type: 'timestamp[us, tz=UTC]', dtype: 'UnixTimestamp' },
    { name: 'mean', type: 'double', dtype: 'Float64' },
    { name: 'shape', type: 'struct', dtype: null }
  ]
};

function plan(changes: Partial<FeaturePlan> = {}): FeaturePlan {
  return {
    base_snapshot: SHA,
    digest: SHA,
    same: false,
    differences: [
      { kind: 'view', name: 'carrier_delay', what: 'changed', breaks: true, diff: '', fields: [{ field: 'column flights', before: 'Float64', after: null, breaks: true }] },
      { kind: 'transformation', name: 'doubled', what: 'added', breaks: false, diff: '+def doubled(frame):\n+    return frame', fields: [] }
    ],
    impact: [{ kind: 'model', name: 'late version 3', person: 'ann', breaks: true, why: 'it reads flights, which is removed.' }],
    cost: { rows: 67_843, views: ['carrier_delay'], seconds: 12.5, eur: 0.0123, basis: '3 rows took 1.0 s in the last 1 publications.' },
    leaks: [],
    findings: [{ severity: 'warning', where: 'transformation doubled', message: 'it imports os: read what for.' }],
    policy: { allowed: true, reasons: ['Nothing speaks against it.'] },
    ...changes
  };
}

function change(changes: Partial<FeatureChangeDetail> = {}): FeatureChangeDetail {
  return {
    id: 'c1',
    project: 'flights',
    state: 'planned',
    author: 'ann',
    reason: 'Flights are not counted any more.',
    created_at: AT,
    base_snapshot: SHA,
    digest: SHA,
    added: 1,
    changed: 1,
    removed: 0,
    breaks: 1,
    stale: false,
    reviewer: null,
    review_reason: null,
    reviewed_at: null,
    progress: null,
    cancel_asked: false,
    snapshot: null,
    message: '',
    ended_at: null,
    why_not_review: '',
    plan: plan(),
    declaration: declaration(),
    ...changes
  };
}

describe('a draft of a view', () => {
  it('says what the view says when nothing was edited', () => {
    expect(edited(declaration(), draftOf(declared()))).toEqual(declaration());
  });

  it('takes a column away from the services that read it', () => {
    const draft = draftOf(declared());
    const less = { ...draft, columns: draft.columns.map(column => ({ ...column, kept: column.name !== 'flights' })) };
    const made = edited(declaration(), less);
    expect(made.views[0]?.columns.map(column => column.name)).toEqual(['mean']);
    expect(made.services[0]?.members[0]?.columns).toEqual(['mean']);
  });

  it.each([
    [null, 'ever', null],
    [21_600, 'hours', 21_600],
    [172_800, 'days', 172_800],
    [5400, 'minutes', 5400]
  ] as const)('keeps a TTL of %s as it is, in %s', (seconds, unit, back) => {
    const draft = draftOf(declared({ ttl_seconds: seconds }));
    expect(draft.ttlUnit).toBe(unit);
    expect(ttlSeconds(draft)).toBe(back);
  });

  it.each([
    [{ ttl: 'soon' }, 'whole number'],
    [{ ttl: '-1' }, 'whole number'],
    [{ ttl: 'NaN' }, 'whole number'],
    [{ tags: 'domain' }, 'name=value'],
    [{ name: HOSTILE }, 'letters, digits'],
    [{ columns: [] }, 'at least one column']
  ])('holds %j back', (changes, said) => {
    expect(fault({ ...draftOf(declared()), ...changes }, declaration(), false)).toContain(said);
  });

  it('takes __proto__ as a name like any other', () => {
    expect([...(tagsOf('__proto__=x') ?? [])]).toEqual([['__proto__', 'x']]);
    expect(Object.keys(edited(declaration(), { ...draftOf(declared()), tags: '__proto__=x' }).views[0]?.tags ?? {})).toEqual(['__proto__']);
  });

  it('makes a view of a table, with its entity and source', () => {
    const draft = draftFrom(TABLE);
    expect(draft).toMatchObject({ name: 'route_delay', entity: 'route', key: 'route', eventColumn: 'event_timestamp', createdColumn: 'created_timestamp' });
    expect(fault(draft, declaration(), true)).toBeUndefined();
    const made = added(declaration(), draft, TABLE);
    expect(made.views[1]).toMatchObject({ name: 'route_delay', entities: ['route'], source: 'route_delay_source', ttl_seconds: 86_400 });
    expect(made.views[1]?.columns.map(column => column.name)).toEqual(['mean']);
    expect(made.entities[1]).toMatchObject({ name: 'route', join_key: 'route', type: 'String' });
    expect(added(null, draft, TABLE).views).toHaveLength(1);
    expect(fault({ ...draft, name: 'carrier_delay' }, declaration(), true)).toContain('already');
    expect(fault(draftFrom(null), declaration(), true)).toContain('table');
  });

  it('takes a view away with what stood on it alone', () => {
    const rest = without(added(declaration(), draftFrom(TABLE), TABLE), 'carrier_delay');
    expect(rest.views.map(view => view.name)).toEqual(['route_delay']);
    expect(rest.sources.map(source => source.name)).toEqual(['route_delay_source']);
    expect(rest.services).toEqual([]);
  });
});

describe('the form', () => {
  const server = (planned: unknown): FakeServer =>
    new FakeServer({
      [`GET ${BASE}/declaration`]: () => ({ snapshot: SHA, declaration: declaration() }),
      [`GET ${BASE}/tables`]: () => ({ items: [TABLE] }),
      [`POST ${BASE}/plan`]: () => planned,
      [`POST ${BASE}/changes`]: () => change()
    });
  const open = (fake: FakeServer, args: Record<string, string>): ReturnType<typeof fakeOctavo> => {
    const octavo = fakeOctavo(fake);
    render(<EditPage model={new EditModel(octavo, { project: 'flights', ...args })} octavo={octavo} />);
    return octavo;
  };

  it('shows what a change does, and offers it for review with its reason', async () => {
    const fake = server(plan());
    open(fake, { name: 'carrier_delay' });
    fireEvent.change(await screen.findByLabelText('Description'), { target: { value: 'Delay of the carrier.' } });
    fireEvent.click(screen.getByText('See what it changes'));
    expect(await screen.findByText('it reads flights, which is removed.')).toBeTruthy();
    expect(screen.getByLabelText('What differs in doubled').textContent).toContain('+def doubled(frame):');
    fireEvent.change(screen.getByLabelText('Reason'), { target: { value: 'It says what it is.' } });
    const offer = screen.getAllByText('Offer for review').pop();
    fireEvent.click(offer as HTMLElement);
    await until(() => fake.asked.some(one => one.method === 'POST' && one.url.pathname.endsWith('/changes')));
    const sent = fake.asked.find(one => one.url.pathname.endsWith('/features/changes'))?.body as { reason: string; base_snapshot: string; declaration: Declaration };
    expect(sent.reason).toBe('It says what it is.');
    expect(sent.base_snapshot).toBe(SHA);
    expect(sent.declaration.views[0]?.description).toBe('Delay of the carrier.');
  });

  it('says what is being worked out while the lake is looked at, and where the rest is changed', async () => {
    let answer: (plan: FeaturePlan) => void = () => undefined;
    const slow = server(new Promise<FeaturePlan>(resolve => (answer = resolve)));
    open(slow, { name: 'carrier_delay' });
    fireEvent.click(await screen.findByText('See what it changes'));
    expect((await screen.findByText(/whom it reaches, what it costs/)).getAttribute('role')).toBe('status');
    expect(screen.getByLabelText('Commands').textContent).toContain('octavo features show > features.yaml');
    answer(plan());
    await screen.findByText('it reads flights, which is removed.');
    expect(screen.queryByText(/whom it reaches, what it costs/)).toBeNull();
  });

  it('lets who may not propose see what would change, and says why no further', async () => {
    const octavo = fakeOctavo(server(plan()));
    const why = 'You may not propose a change of features: that takes the role admin or scientist.';
    octavo.session.me.put(me({ projects: [{ name: 'flights', title: 'Late flights', roles: ['reviewer'], refusals: { 'features.propose': why } }] }));
    render(<EditPage model={new EditModel(octavo, { project: 'flights', name: 'carrier_delay' })} octavo={octavo} />);
    expect((await screen.findByRole('note')).textContent).toContain(why);
    fireEvent.click(screen.getByText('See what it changes'));
    await screen.findByText('it reads flights, which is removed.');
    expect(screen.getAllByText('Offer for review').pop()?.closest('.jp-octavo-Button')?.getAttribute('aria-description')).toBe(why);
  });

  it('forgets the plan as soon as something is edited again', async () => {
    open(server(plan()), { name: 'carrier_delay' });
    fireEvent.click(await screen.findByText('See what it changes'));
    await screen.findByText('it reads flights, which is removed.');
    fireEvent.change(screen.getByLabelText('Owner'), { target: { value: 'bob' } });
    expect(screen.queryByText('it reads flights, which is removed.')).toBeNull();
  });

  it('offers nothing with errors', async () => {
    const faulty = plan({ findings: [{ severity: 'error', where: 'view carrier_delay', message: 'there is no such table.' }] });
    const fake = server(faulty);
    open(fake, { name: 'carrier_delay' });
    fireEvent.click(await screen.findByText('See what it changes'));
    fireEvent.change(await screen.findByLabelText('Reason'), { target: { value: 'It is fine.' } });
    fireEvent.click(screen.getAllByText('Offer for review').pop() as HTMLElement);
    expect(fake.asked.filter(one => one.url.pathname.endsWith('/features/changes'))).toEqual([]);
  });

  it('shows a refusal and stays usable', async () => {
    open(server(refusal(422, 'invalid', 'The features can’t be published: the feature registry holds an on-demand view.')), { name: 'carrier_delay' });
    fireEvent.click(await screen.findByText('See what it changes'));
    expect(await screen.findByText(/holds an on-demand view/)).toBeTruthy();
    expect(screen.getByLabelText('Description')).toBeTruthy();
  });

  it('adds a view from a table of the lake', async () => {
    const fake = server(plan());
    open(fake, {});
    fireEvent.change(await screen.findByLabelText('Table'), { target: { value: TABLE.path } });
    fireEvent.click(screen.getByText('See what it changes'));
    await screen.findByText('it reads flights, which is removed.');
    const sent = fake.asked.find(one => one.url.pathname.endsWith('/plan'))?.body as { declaration: Declaration };
    expect(sent.declaration.views.map(view => view.name)).toEqual(['carrier_delay', 'route_delay']);
  });

  it('says so where a view has no declaration', async () => {
    open(server(plan()), { name: 'gone' });
    expect(await screen.findByText('No declaration of gone')).toBeTruthy();
  });
});

describe('a change', () => {
  const open = (one: FeatureChangeDetail, answers: Record<string, () => unknown> = {}): FakeServer => {
    const fake = new FakeServer({ [`GET ${BASE}/changes/c1`]: () => one, ...answers });
    const octavo = fakeOctavo(fake);
    render(<ChangePage model={new ChangeModel(octavo, { project: 'flights', id: 'c1' })} octavo={octavo} />);
    return fake;
  };

  it('is approved as it is on screen', async () => {
    const fake = open(change(), { [`POST ${BASE}/changes/c1/review`]: () => change({ state: 'approved', reviewer: 'bob' }) });
    fireEvent.change(await screen.findByLabelText('Reason'), { target: { value: 'The count is not used.' } });
    fireEvent.click(screen.getByText('Approve'));
    await until(() => fake.asked.some(one => one.method === 'POST'));
    expect(fake.asked.find(one => one.method === 'POST')?.body).toEqual({ decision: 'approve', reason: 'The count is not used.', digest: SHA });
    expect(await screen.findByText('0 of 7: waits for the worker')).toBeTruthy();
  });

  it('says why its author may not decide', async () => {
    open(change({ why_not_review: 'You proposed it: another person has to decide.' }));
    expect(await screen.findByText('You proposed it: another person has to decide.')).toBeTruthy();
    expect(screen.queryByText('Approve')).toBeNull();
  });

  it('shows how far it is and stops on request', async () => {
    const running = change({ state: 'applying', progress: { step: '4 views checked for leaks', done: 2, steps: 7, started_at: AT } });
    const fake = open(running, { [`POST ${BASE}/changes/c1/cancel`]: () => ({ ...running, cancel_asked: true }) });
    expect(await screen.findByText('2 of 7: 4 views checked for leaks')).toBeTruthy();
    fireEvent.click(screen.getByText('Stop applying'));
    await until(() => fake.asked.some(one => one.method === 'POST'));
    expect(await screen.findByText('It stops at its next step.')).toBeTruthy();
  });

  it('says why it failed, as text', async () => {
    open(change({ state: 'failed', message: HOSTILE, ended_at: AT }));
    expect((await screen.findByRole('alert')).textContent).toBe(HOSTILE);
    expect(document.querySelector('img')).toBeNull();
  });

  it('is withdrawn by its author alone', async () => {
    open(change({ author: 'somebody else' }));
    await screen.findByText('Approve');
    expect(screen.queryByText('Withdraw')).toBeNull();
  });

  it('is outdated once another snapshot is current', async () => {
    open(change({ stale: true }));
    expect(await screen.findByText(/it can only be rejected/)).toBeTruthy();
    expect(stateWords({ state: 'planned', stale: true })).toBe('outdated');
    expect(countWords(change())).toBe('1 added, 1 changed, breaks 1 reader');
  });

  it('stands in the sidebar, those that wait first', async () => {
    const items = [change({ id: 'c2', state: 'applied', reason: 'old' }), change({ reason: HOSTILE })];
    const octavo = fakeOctavo(new FakeServer({ [`GET ${BASE}/changes`]: () => ({ items, next_cursor: null }) }));
    render(<ChangeSection list={new ChangeList(octavo.session)} octavo={octavo} onAdd={() => undefined} />);
    const list = await screen.findByRole('list', { name: 'Changes of features' });
    expect(within(list).getAllByRole('button').map(one => one.title)).toEqual([HOSTILE, 'old']);
  });
});
