import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { act, fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import { AT, HOSTILE, me } from '../../testing/records';
import { chainLink, comparison, modelDetail, modelVersion, proof, versionDetail } from '../../testing/registry';
import type { Answer } from '../../testing/server';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { ChainModel, ChainPage } from '../chain';
import { endOfDay } from '../components/Aliases';
import { fieldsOf } from '../components/Signature';
import { RegisteredModel } from '../model';
import { ModelPage } from '../page';

const MODEL = 'projects/flights/models/late';
const rendermime: IRenderMimeRegistry = new RenderMimeRegistry({ initialFactories: standardRendererFactories });
const none = { items: [], next_cursor: null };
const two = modelDetail(modelVersion({ version: 2 }), modelVersion({ aliases: ['champion'] }));
const detail = { ...two, model: { ...two.model, aliases: { champion: 1 } } };
const move = { alias: 'champion', version: 1, previous: null, moved_by: 'reviewer', moved_at: AT, reason: 'First of its kind.' };

function open(answers: Record<string, Answer> = {}, args: Record<string, string> = {}): { server: FakeServer; opened: unknown[]; deployed: unknown[]; model: RegisteredModel } {
  const server = new FakeServer({
    [`GET ${MODEL}`]: () => detail,
    [`GET ${MODEL}/versions/1`]: () => versionDetail(),
    [`GET ${MODEL}/versions/2`]: () => versionDetail({ version: modelVersion({ version: 2 }), card: '# two' }),
    [`GET ${MODEL}/versions/1/tags`]: () => none,
    [`GET ${MODEL}/versions/2/tags`]: () => none,
    [`GET ${MODEL}/aliases`]: () => ({ items: [move], next_cursor: null }),
    'GET projects/flights/registry/differences': () => none,
    ...answers
  });
  const octavo = fakeOctavo(server);
  octavo.session.me.put(me());
  const model = new RegisteredModel(octavo, { project: 'flights', name: 'late', ...args });
  const deployed: unknown[] = [];
  render(<ModelPage model={model} octavo={octavo} rendermime={rendermime} actions={{ deploy: (...asked) => deployed.push(asked), follow: () => undefined }} />);
  return { server, opened: octavo.opened, deployed, model };
}

const tab = async (name: string): Promise<void> => {
  fireEvent.click(await screen.findByRole('tab', { name: new RegExp(`^${name}`) }));
};

describe('a model’s page', () => {
  it('looks at its newest version, says the champion, and asks for its deployment', async () => {
    const { deployed } = open();
    expect(await screen.findByText('champion v1')).toBeTruthy();
    expect(await screen.findByText('Version 2')).toBeTruthy();
    fireEvent.click(screen.getByText('Request deployment'));
    expect(deployed).toEqual([['flights', 'late', 2]]);
  });

  it('looks at the version that a link names', async () => {
    open({}, { version: '1' });
    expect(await screen.findByText('Version 1')).toBeTruthy();
  });

  it('looks at one that comes later, too', async () => {
    let versions = [modelVersion()];
    const server = new FakeServer({ [`GET ${MODEL}`]: () => modelDetail(...versions) });
    const octavo = fakeOctavo(server);
    const model = new RegisteredModel(octavo, { project: 'flights', name: 'late' });
    await until(() => model.number === 1);
    versions = [modelVersion({ version: 2 }), ...versions];
    octavo.session.touch();
    await until(() => model.number === 2);
    model.dispose();
  });

  it('shows the fast form with how near its answers are, or why there is none', async () => {
    open({ [`GET ${MODEL}/versions/1`]: () => versionDetail({ conversion: { outcome: 'refused', detail: 'A step of it can not be converted.' }, derived: [] }) });
    expect(await screen.findByText(/differs by at most 2.40e-7 on 200 rows, 40 times faster/)).toBeTruthy();
    fireEvent.change(screen.getByLabelText('Looking at version'), { target: { value: '1' } });
    expect(await screen.findByText('A step of it can not be converted.')).toBeTruthy();
  });

  it('says what was changed in MLflow past Octavo', async () => {
    const difference = { id: 1, name: 'late', version: 1, kind: 'alias_moved', detail: 'champion pointed to v2; it was set back.', repaired: true, found_at: AT, resolved_at: null };
    open({ 'GET projects/flights/registry/differences': () => ({ items: [difference, { ...difference, id: 2, name: 'other' }], next_cursor: null }) });
    expect((await screen.findByRole('alert')).textContent).toContain('champion pointed to v2; it was set back.');
    expect(within(screen.getByRole('alert')).getAllByRole('listitem')).toHaveLength(1);
  });

  it('sets and removes tags, whatever they hold', async () => {
    let tags = [{ key: 'ticket', value: HOSTILE, set_by: 'scientist', set_at: AT }];
    const { server } = open({
      [`GET ${MODEL}/versions/2/tags`]: () => ({ items: tags, next_cursor: null }),
      [`PUT ${MODEL}/versions/2/tags/region`]: () => ({}),
      [`DELETE ${MODEL}/versions/2/tags/ticket`]: () => {
        tags = [];
        return {};
      }
    });
    expect(await screen.findByText(HOSTILE)).toBeTruthy();
    fireEvent.change(screen.getByLabelText('Tag'), { target: { value: 'region' } });
    fireEvent.change(screen.getByLabelText('Value'), { target: { value: ' east ' } });
    fireEvent.click(screen.getByText('Set tag'));
    await until(() => server.asked.some(asked => asked.method === 'PUT'));
    expect(server.asked.find(asked => asked.method === 'PUT')?.body).toEqual({ value: 'east' });
    fireEvent.click(screen.getByLabelText('Remove tag ticket'));
    await until(() => screen.queryByText(HOSTILE) === null);
  });
});

describe('versions side by side', () => {
  it('begin with the champion against the one that is looked at, what differs first', async () => {
    const { server } = open({ [`GET ${MODEL}/compare`]: () => comparison() });
    await tab('Compare');
    const table = await screen.findByRole('table', { name: 'What differs' });
    expect(server.asked.find(asked => asked.url.pathname.endsWith('compare'))?.url.searchParams.getAll('version')).toEqual(['1', '2']);
    expect(within(table).getByText('+0.01')).toBeTruthy();
    expect(within(table).queryByText('depth')).toBeNull();
    fireEvent.click(screen.getByLabelText('Show what is the same'));
    expect(await screen.findByText('depth')).toBeTruthy();
    expect(screen.getByText(/\+ For June\./)).toBeTruthy();
  });

  it('are picked in the list', async () => {
    const { server } = open({ [`GET ${MODEL}/compare`]: () => comparison() });
    await tab('Versions');
    fireEvent.click(screen.getByLabelText('Pick v1'));
    fireEvent.click(screen.getByLabelText('Pick v2'));
    fireEvent.click(screen.getByText('Compare v1, v2'));
    expect(await screen.findByRole('table', { name: 'What differs' })).toBeTruthy();
    fireEvent.click(screen.getByLabelText('v2'));
    expect(screen.getByText('Pick two to 5 versions.')).toBeTruthy();
    expect(server.asked.filter(asked => asked.url.pathname.endsWith('compare'))).toHaveLength(1);
  });

  it('need two versions', async () => {
    open({ [`GET ${MODEL}`]: () => modelDetail(modelVersion()) });
    await tab('Compare');
    expect(await screen.findByText('There is one version only')).toBeTruthy();
  });
});

describe('proof', () => {
  it('says which link of the chain is missing or broken, and opens those that are there', async () => {
    const broken = proof({ complete: false, ok: false, chain: [chainLink({ state: 'missing', detail: 'Log an input.' }), chainLink({ key: 'run', label: 'Run', node: 'run:flights/r1' }), chainLink({ key: 'bom', label: 'Bill of materials', state: 'broken', detail: 'It was changed.' })] });
    const { opened } = open({ [`GET ${MODEL}/versions/2/proof`]: () => broken });
    await tab('Proof');
    const chain = await screen.findByRole('list', { name: 'Chain' });
    expect(within(chain).getAllByRole('listitem').map(one => one.textContent)).toEqual(['missingDataLog an input.', 'verifiedRunflights 12ab', 'brokenBill of materialsIt was changed.']);
    expect(screen.getByText('1 of 3 links')).toBeTruthy();
    fireEvent.click(within(chain).getByText('Run'));
    expect(opened).toEqual([['run', { project: 'flights', id: 'r1' }]]);
  });

  it('says that a key was revoked, and by whom', async () => {
    const key = { ...proof().key, revoked_at: AT, revoked_by: 'admin', revoked_reason: 'It was lost.' };
    open({ [`GET ${MODEL}/versions/2/proof`]: () => ({ ...proof(), key }) });
    await tab('Proof');
    expect((await screen.findByText('revoked by admin')).parentElement?.title).toBe('It was lost.');
  });

  it('says that a signature is foreign', async () => {
    open({ [`GET ${MODEL}/versions/2/proof`]: () => proof({ key: null }) });
    await tab('Proof');
    expect(await screen.findByText(/None of the keys of this installation signed it/)).toBeTruthy();
  });

  it('lets the bundle and the bills of materials be taken along', async () => {
    open({ [`GET ${MODEL}/versions/2/proof`]: () => proof() });
    await tab('Proof');
    const hrefs = (await screen.findAllByRole('link')).map(link => link.getAttribute('href'));
    expect(hrefs).toEqual([`http://lab/user/s/octavo/api/${MODEL}/versions/2/bundle`, `http://lab/user/s/octavo/api/${MODEL}/versions/2/bom/environment`]);
  });

  it('verifies every byte when it is asked to, and says what does not hold', async () => {
    open({ [`POST ${MODEL}/versions/2/verify`]: () => ({ name: 'late', version: 2, digest: 'ab', ok: false, problems: ['model.onnx was changed.'], checked_at: AT }) });
    fireEvent.click(await screen.findByText('Verify now'));
    expect((await screen.findByText('does not verify')).closest('button')?.title).toContain('model.onnx was changed.');
  });
});

describe('aliases', () => {
  it('tell who moved which, when and why', async () => {
    open({ [`GET ${MODEL}/aliases`]: () => ({ items: [{ ...move, version: 2, previous: 1, reason: 'Better.' }, move], next_cursor: null }) });
    await tab('Aliases');
    expect(await screen.findByText('champion moved from v1 to v2')).toBeTruthy();
    expect(screen.getByText('reviewer: Better.')).toBeTruthy();
    expect(screen.getByText('champion set to v1')).toBeTruthy();
  });

  it('show older moves when asked', async () => {
    open({ [`GET ${MODEL}/aliases`]: ({ url }) => (url.searchParams.get('cursor') ? { items: [{ ...move, version: 9 }], next_cursor: null } : { items: [move], next_cursor: '1' }) });
    await tab('Aliases');
    fireEvent.click(await screen.findByText('Older moves'));
    expect(await screen.findByText('champion set to v9')).toBeTruthy();
    expect(screen.queryByText('Older moves')).toBeNull();
  });

  it('say what they were at the end of a day', async () => {
    const asked: (string | null)[] = [];
    open({
      [`GET ${MODEL}/aliases-on`]: ({ url }) => {
        asked.push(url.searchParams.get('at'));
        return { at: AT, items: [{ alias: 'champion', at: AT, version: 1, move, until: null }, { alias: 'challenger', at: AT, version: null, move: null, until: null }] };
      }
    });
    await tab('Aliases');
    fireEvent.change(await screen.findByLabelText('At the end of'), { target: { value: '2026-03-01' } });
    const list = await screen.findByRole('list', { name: 'Aliases on that day' });
    expect(within(list).getAllByRole('listitem').map(one => one.textContent?.slice(0, 24))).toEqual([expect.stringContaining('champion v1 since'), 'challenger did not exist']);
    expect(asked).toEqual([endOfDay('2026-03-01')]);
  });

  it.each(['', '2026', 'x-y-z', '0001-01-01'])('take %p for no day', value => {
    expect(endOfDay(value)).toBeNull();
  });

  it('are moved only from where they were seen', async () => {
    const { server, model } = open({ [`PUT ${MODEL}/aliases/champion`]: () => ({}) });
    await until(() => model.number === 2);
    await act(() => model.move('champion', 2, 'Better on June.'));
    expect(server.asked.find(asked => asked.method === 'PUT')?.body).toEqual({ version: 2, reason: 'Better on June.', expected: 1 });
  });
});

describe('signatures', () => {
  it('are read as columns, tensors and parameters', () => {
    const fields = fieldsOf({ ...versionDetail().signature, params: [{ name: 'top', type: 'long', default: 1 }] });
    expect(fields.map(field => [field.part, field.name, field.type])).toEqual([
      ['input', 'distance', 'double'],
      ['output', '0', 'float64 [-1]'],
      ['parameter', 'top', 'long']
    ]);
  });
});

describe('the figure of production', () => {
  it('says the share first, and of each version what is missing', async () => {
    const figure = { percent: 50, complete: 1, production: 2, versions: [{ name: 'late', version: 2, deployment: 'late', environment: 'prod', complete: false, missing: ['Data'], broken: [] }], checked_at: AT };
    const server = new FakeServer({ 'GET projects/flights/registry/chain': () => figure, 'GET projects/flights/registry/differences': () => none });
    const octavo = fakeOctavo(server);
    render(<ChainPage model={new ChainModel(octavo, { project: 'flights' })} octavo={octavo} />);
    expect(await screen.findByText('50 % of versions in production have a complete, verifying chain: 1 of 2')).toBeTruthy();
    fireEvent.click(screen.getByText('late v2'));
    expect(octavo.opened).toEqual([['model', { project: 'flights', name: 'late', version: '2' }]]);
    expect(screen.getByText('Data')).toBeTruthy();
  });
});
