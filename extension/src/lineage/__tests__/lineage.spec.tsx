import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { LineageGraph, LineageNode } from '../../api/lineage';
import { AT, HOSTILE } from '../../testing/records';
import { LineageMap } from '../components/LineageMap';
import { viewOf } from '../panel';

const node = (kind: string, id: string, distance: number, label = id): LineageNode => ({ id: `${kind}:flights/${id}`, kind, label, distance });

const graph: LineageGraph = {
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
      { kind: 'model', args: { project: 'flights', name: 'late' } },
      { kind: 'feature', args: { project: 'flights', name: 'carrier_delay' } }
    ]);
  });

  it('says of each node how it came to be in the picture, not what happens further out', () => {
    const served: LineageGraph = {
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
});
