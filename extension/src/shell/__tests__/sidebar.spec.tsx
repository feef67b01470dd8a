import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { AT, cost, HOSTILE, me, mine } from '../../testing/records';
import { FakeServer, until } from '../../testing/server';
import { Header } from '../components/Header';
import { SectionBox } from '../components/SectionBox';
import { Row, Rows } from '../../ui/Row';
import { matches } from '../hooks';
import { boxKeys, rowKeys } from '../keys';
import { Session } from '../session';
import { SidebarModel } from '../sidebar';
import { viewId } from '../view';

const workspace = { url: 'u', project: 'weather', profile: 'cpu-small', session: 's', user: 'scientist', dashboards: 'flights', folder: '' };
const two = me({
  projects: [
    { name: 'flights', title: 'Late flights', roles: ['scientist'], refusals: {} },
    { name: 'weather', title: HOSTILE, roles: ['reviewer'], refusals: {} }
  ]
});

function session(who = two): Session {
  return new Session(new FakeServer({ 'GET me': () => who, 'GET workspace': () => workspace }).requests());
}

describe('the session', () => {
  it('begins with the workspace’s project, and tells when another is picked', async () => {
    const one = session();
    const heard: string[] = [];
    one.projectChanged.connect((_, project) => heard.push(project));
    await one.start();
    expect([one.project, one.holds('reviewer'), one.holds('scientist')]).toEqual(['weather', true, false]);
    one.pick('flights');
    one.pick('flights');
    expect(heard).toEqual(['weather', 'flights']);
    one.dispose();
  });

  it('follows the settings before the workspace, and takes no project one is not in', async () => {
    const one = session();
    one.settings = { refreshSeconds: 10, project: 'flights' };
    await one.start();
    expect(one.project).toBe('flights');
    const other = session(me({ projects: [] }));
    await other.start();
    expect(other.project).toBe('');
    one.dispose();
    other.dispose();
  });

  it('counts an admin’s roles everywhere', async () => {
    const one = session(me({ platform_roles: ['admin'] }));
    await one.start();
    expect(one.holds('admin')).toBe(true);
    one.dispose();
  });
});

/** A sidebar with a search box and two sections of rows. */
function rows(query = '', typed: string[] = []): { box: HTMLElement; row: (name: string) => HTMLElement } {
  const list = (label: string, ...names: string[]): React.JSX.Element => (
    <Rows label={label}>
      {names.map(name => (
        <Row key={name} title={name} onOpen={() => undefined} />
      ))}
    </Rows>
  );
  render(
    <div className="jp-octavo-Sidebar">
      <div tabIndex={0} data-testid="box" className="jp-octavo-Header-search" onKeyDown={event => boxKeys(event, query, text => typed.push(text))} />
      <div onKeyDown={rowKeys}>
        {list('Features', 'a', 'b')}
        {list('Models')}
        {list('Runs', 'c')}
      </div>
    </div>
  );
  return { box: screen.getByTestId('box'), row: name => screen.getByRole('button', { name }) };
}

describe('the keys of the sidebar', () => {
  const press = (key: string): boolean => fireEvent.keyDown(document.activeElement as Element, { key });

  it('lead from the box through the rows of all sections and back', () => {
    const { box, row } = rows();
    const path = ['ArrowDown', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Escape', 'ArrowDown', 'ArrowUp'].map(key => {
      (document.activeElement === document.body ? box : (document.activeElement as HTMLElement)).focus();
      press(key);
      return document.activeElement;
    });
    expect(path).toEqual([row('a'), row('b'), row('c'), row('c'), box, row('a'), box]);
  });

  it('forget the words with Escape, and leave an empty box’s Escape alone', () => {
    const typed: string[] = [];
    rows('late', typed).box.focus();
    expect(press('Escape')).toBe(false);
    expect(typed).toEqual(['']);
    cleanup();
    rows('', typed).box.focus();
    expect(press('Escape')).toBe(true);
    expect(typed).toEqual(['']);
  });

  it('skip a section in which nothing matches, which says so', () => {
    rows();
    expect(screen.getByText('Models: nothing matches')).toBeTruthy();
    expect(screen.queryByRole('list', { name: 'Models' })).toBeNull();
  });
});

describe('the sidebar', () => {
  const section = (id: string, rank: number): never => ({ id, title: id, rank, body: () => <p>{`body of ${id}`}</p> }) as never;

  it('keeps its sections in order and which are open', async () => {
    const saved: unknown[] = [];
    const state = { fetch: async () => ['b'], save: async (_: string, value: unknown) => void saved.push(value) };
    const model = new SidebarModel(state as never);
    model.add(section('b', 2));
    model.add(section('a', 1));
    await model.restore();
    expect(model.sections.map(one => one.id)).toEqual(['a', 'b']);
    expect([model.isOpen('a'), model.isOpen('b')]).toEqual([false, true]);
    model.toggle('a');
    expect(saved).toEqual([['b', 'a']]);
  });

  it('makes a section’s body only while it is open', () => {
    const toggle = jest.fn();
    const { rerender } = render(<SectionBox section={section('runs', 1)} open={false} onToggle={toggle} />);
    const head = screen.getByRole('button', { name: 'runs' });
    expect(head.getAttribute('aria-expanded')).toBe('false');
    expect(screen.queryByText('body of runs')).toBeNull();
    fireEvent.click(head);
    expect(toggle).toHaveBeenCalled();
    rerender(<SectionBox section={section('runs', 1)} open onToggle={toggle} />);
    expect(screen.getByText('body of runs')).toBeTruthy();
  });

  it('says what the workspace is, costs, and when it stops', async () => {
    const picked: string[] = [];
    render(
      <Header
        me={two}
        project="flights"
        query=""
        cost={cost()}
        mine={mine()}
        profileId="cpu-small"
        now={new Date(AT)}
        onProject={project => picked.push(project)}
        onQuery={() => undefined}
        onCost={() => undefined}
      />
    );
    expect(screen.getByText('0.42 € today').title).toContain('498.50 € of 500.00 € left');
    expect(screen.getByText('idle stop in 54 min')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    fireEvent.change(screen.getByRole('combobox', { name: 'Project' }), { target: { value: 'weather' } });
    await until(() => picked.length > 0);
    expect(picked).toEqual(['weather']);
  });
});

it('a search needs every word', () => {
  expect([matches('late boost', 'gradient boosting', 'late-arrivals'), matches('late nine', 'late'), matches('', 'x')]).toEqual([true, false, true]);
});

it('the same view has the same id, whatever the order of its arguments, and no room for markup', () => {
  expect(viewId('run', { project: 'p', id: '1' })).toBe(viewId('run', { id: '1', project: 'p' }));
  expect(viewId('run', { id: HOSTILE })).toMatch(/^[\w=.-]+$/);
});
