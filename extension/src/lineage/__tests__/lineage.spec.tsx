import { act, fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import { AT, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo } from '../../testing/server';
import { LineageMap } from '../components/LineageMap';
import type { ILineageGraph, ILineageNode } from '../layout';
import { layout, related, towards } from '../layout';
import { PolledLineage, viewOf } from '../panel';

const node = (kind: string, id: string, distance: number, label = id): ILineageNode => ({ id: `${kind}:flights/${id}`, kind, label, distance });

const graph: ILineageGraph = {
  root: 'run:flights/r1',
  nodes: [node('feature_view', 'carrier_delay', -1, HOSTILE), node('run', 'r1', 0), node('model_version', 'late/3', 1)],
  edges: [
    { source: 'feature_view:flights/carrier_delay', target: 'run:flights/r1', relation: 'used by', at: AT },
    { source: 'run:flights/r1', target: 'model_version:flights/late/3', relation: 'produced', at: AT }
  ],
  truncated: false
};

describe('lineage', () => {
  it('opens what its nodes stand for', () => {
    const opened: unknown[] = [];
    render(<LineageMap graph={graph} onOpen={one => () => opened.push(viewOf(one))} />);
    fireEvent.click(screen.getByText('late/3'));
    fireEvent.click(screen.getByText(HOSTILE));
    expect(document.querySelector('img')).toBeNull();
    expect(opened).toEqual([
      { kind: 'model', args: { project: 'flights', name: 'late', version: '3' } },
      { kind: 'feature', args: { project: 'flights', name: 'carrier_delay' } }
    ]);
  });

  it('says of each node how it came to be in the picture, not what happens further out', () => {
    const served: ILineageGraph = {
      ...graph,
      nodes: [...graph.nodes, node('deployment', 'late', 2)],
      edges: [...graph.edges, { source: 'model_version:flights/late/3', target: 'deployment:flights/late', relation: 'served_by', at: AT }]
    };
    render(<LineageMap graph={served} onOpen={() => null} />);
    expect(screen.getAllByText(/·/).map(one => one.textContent)).toEqual(['feature view · used by', 'model version · produced', 'deployment · served by']);
  });

  it('says what an unlinked thing lacks', () => {
    render(<LineageMap graph={{ ...graph, edges: [] }} onOpen={() => null} />);
    expect(screen.getByText(/Nothing is linked to it yet/)).toBeTruthy();
  });

  it('knows no view of what has none', () => {
    expect([viewOf(node('feature_snapshot', 'x', 0)), viewOf({ id: 'run:', kind: 'run', label: '', distance: 0 })]).toEqual([null, null]);
  });

  it('says more where there is more than fits a column, and draws it when asked', () => {
    const many = Array.from({ length: 20 }, (_, at) => node('source', `s${at}`, -1));
    const edges = many.map(one => ({ source: one.id, target: 'run:flights/r1', relation: 'read by', at: AT }));
    render(<LineageMap graph={{ ...graph, nodes: [...many, node('run', 'r1', 0)], edges }} onOpen={() => null} />);
    expect(screen.getAllByRole('listitem')).toHaveLength(13);
    fireEvent.click(screen.getByText('Show 8 more'));
    expect(screen.getAllByRole('listitem')).toHaveLength(21);
  });

  it('is walked with the arrow keys, from what a thing was made of to what it became', () => {
    render(<LineageMap graph={graph} onOpen={() => () => undefined} />);
    const box = (text: string): HTMLElement => screen.getByText(text).closest<HTMLElement>('[data-node]') as HTMLElement;
    expect(box('r1').tabIndex).toBe(0);
    act(() => box('r1').focus());
    fireEvent.keyDown(box('r1'), { key: 'ArrowRight' });
    expect(document.activeElement).toBe(box('late/3'));
    fireEvent.keyDown(box('late/3'), { key: 'ArrowLeft' });
    fireEvent.keyDown(box('r1'), { key: 'ArrowLeft' });
    expect(document.activeElement).toBe(box(HOSTILE));
  });

  it('shows what belongs to the box in hand and dims the rest', () => {
    const beside: ILineageGraph = { ...graph, nodes: [...graph.nodes, node('model_version', 'other/1', 1)], edges: [...graph.edges, { source: 'run:flights/r1', target: 'model_version:flights/other/1', relation: 'produced', at: AT }] };
    render(<LineageMap graph={beside} onOpen={() => null} />);
    fireEvent.mouseEnter(screen.getByText('late/3').parentElement as HTMLElement);
    expect(screen.getByText('other/1').parentElement?.className).toContain('jp-mod-dim');
    expect(screen.getByText('r1').parentElement?.className).not.toContain('jp-mod-dim');
  });
});

describe('the drawing', () => {
  const link = (source: string, target: string): ILineageGraph['edges'][number] => ({ source: `run:flights/${source}`, target: `run:flights/${target}`, relation: 'to', at: AT });

  it('puts neighbours beside each other, so that lines do not cross', () => {
    const drawn = layout({ root: 'run:flights/a', nodes: [node('run', 'a', 0), node('run', 'b', 0), node('run', 'c', 1), node('run', 'd', 1)], edges: [link('a', 'd'), link('b', 'c')], truncated: false });
    const order = drawn.columns.map(column => column.map(one => one.label));
    expect([order[0]?.indexOf('a'), order[0]?.indexOf('b')]).toEqual([order[1]?.indexOf('d'), order[1]?.indexOf('c')]);
  });

  it('follows the columns that a graph brings along, and leaves out lines to what is not drawn', () => {
    const nodes = [{ ...node('deployment', 'a', 1), column: 6 }, { ...node('run', 'a', 5), column: 2 }];
    const drawn = layout({ root: 'run:flights/a', nodes, edges: [link('a', 'gone')], truncated: false });
    expect([drawn.columns.map(column => column[0]?.kind), drawn.wires]).toEqual([['run', 'deployment'], []]);
  });

  it('finds all that led to a thing and all that came of it, also in a circle', () => {
    const edges = [link('a', 'b'), link('b', 'c'), link('c', 'a'), link('x', 'y')];
    expect([...related(edges, 'run:flights/b')].sort()).toEqual(['run:flights/a', 'run:flights/b', 'run:flights/c']);
  });

  it('stays where an arrow leads nowhere', () => {
    expect(towards('ArrowUp', graph.root, layout(graph), graph.edges)).toBe(graph.root);
  });
});

describe('a lineage that is looked at', () => {
  it('shows what was linked meanwhile', async () => {
    const octavo = fakeOctavo(new FakeServer({}));
    octavo.session.settings = { refreshSeconds: 0.01, project: 'flights' };
    const alone: ILineageGraph = { ...graph, nodes: graph.nodes.filter(one => one.id === graph.root), edges: [] };
    const linked = graph.nodes.find(one => one.id !== graph.root)!;
    let answer = alone;
    render(<PolledLineage octavo={octavo} read={async () => answer} />);
    await screen.findByText(/^Nothing is linked to it yet/);
    answer = graph;
    expect((await screen.findAllByText(linked.label)).length).toBeGreaterThan(0);
  });
});
