import * as React from 'react';

import { exact, shortDigest } from '../../ui/format';
import { Scroll } from '../../ui/Scroll';
import { trans } from '../../words';
import type { ILayout, ILineageEdge, ILineageGraph, ILineageNode } from '../layout';
import { BOX, layout, related, towards } from '../layout';

/** Boxes of one column that are drawn before more are asked for. */
const MOST = 12;
const DIGEST = /^[0-9a-f]{32,64}$/;
const ARROWS = new Set(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']);

/** Props of a lineage map. */
export interface ILineageMapProps {
  graph: ILineageGraph;
  /** Open what a node stands for; null where there is no view of it. */
  onOpen: (node: ILineageNode) => (() => void) | null;
}

/** What a thing was made from, at the left, and what was made from it, at the right; lines between. */
export function LineageMap(props: ILineageMapProps): React.JSX.Element {
  const { graph } = props;
  const [all, setAll] = React.useState(false);
  const shown = React.useMemo(() => (all ? graph : few(graph)), [graph, all]);
  const more = graph.nodes.length - shown.nodes.length;
  if (graph.edges.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('Nothing is linked to it yet. Links appear when runs, releases and models use it.')}</p>;
  }
  return (
    <>
      <Drawing {...props} graph={shown} />
      {more > 0 && (
        <button type="button" className="jp-octavo-Link" onClick={() => setAll(true)}>
          {trans._n('Show %1 more', 'Show %1 more', more, more)}
        </button>
      )}
      {graph.truncated && <p className="jp-octavo-Muted">{trans.__('There is more than is shown here.')}</p>}
    </>
  );
}

/** The nearest things of each column; the root is always among them. */
function few(graph: ILineageGraph): ILineageGraph {
  const counts = new Map<number, number>();
  const near = [...graph.nodes].sort((a, b) => Math.abs(a.distance) - Math.abs(b.distance));
  const kept = new Set<string>();
  for (const node of near) {
    const column = node.column ?? node.distance;
    const there = counts.get(column) ?? 0;
    if (there < MOST) {
      kept.add(node.id);
      counts.set(column, there + 1);
    }
  }
  return { ...graph, nodes: graph.nodes.filter(node => kept.has(node.id)), edges: graph.edges.filter(edge => kept.has(edge.source) && kept.has(edge.target)) };
}

function Drawing(props: ILineageMapProps): React.JSX.Element {
  const { graph } = props;
  const drawn = React.useMemo(() => layout(graph), [graph]);
  const relations = React.useMemo(() => towardsRoot(graph), [graph]);
  const [at, setAt] = React.useState<string | null>(null);
  const lit = React.useMemo(() => (at === null ? null : related(graph.edges, at)), [graph, at]);
  const board = React.useRef<HTMLDivElement>(null);
  useRootInSight(board, drawn, graph.root);
  const move = (event: React.KeyboardEvent): void => {
    const from = (event.target as Element).closest('[data-node]')?.getAttribute('data-node');
    if (from && ARROWS.has(event.key)) {
      event.preventDefault();
      const to = towards(event.key, from, drawn, graph.edges);
      [...(board.current?.querySelectorAll<HTMLElement>('[data-node]') ?? [])].find(one => one.dataset['node'] === to)?.focus();
    }
  };
  const focused = at !== null && drawn.places.has(at) ? at : graph.root;
  return (
    <Scroll label={trans.__('Lineage')} className="jp-octavo-Lineage">
      <div ref={board} className="jp-octavo-Lineage-board" role="list" aria-label={trans.__('Lineage')} style={{ width: drawn.width, height: drawn.height }} onKeyDown={move} onMouseLeave={() => setAt(null)}>
        <Wires drawn={drawn} lit={lit} />
        {drawn.columns.flat().map(node => (
          <NodeBox
            key={node.id}
            node={node}
            place={drawn.places.get(node.id) ?? { x: 0, y: 0 }}
            root={node.id === graph.root}
            edge={node.id === graph.root ? undefined : relations.get(node.id)}
            dim={lit !== null && !lit.has(node.id)}
            stop={node.id === focused}
            onAt={() => setAt(node.id)}
            onOpen={props.onOpen(node)}
          />
        ))}
      </div>
    </Scroll>
  );
}

/** Begin with the root in the middle of what can be seen. */
function useRootInSight(board: React.RefObject<HTMLDivElement>, drawn: ILayout, root: string): void {
  const x = drawn.places.get(root)?.x ?? 0;
  React.useEffect(() => {
    const pane = board.current?.parentElement;
    if (pane) {
      pane.scrollLeft = x + BOX.width / 2 - pane.clientWidth / 2;
    }
  }, [board, x]);
}

function Wires(props: { drawn: ILayout; lit: ReadonlySet<string> | null }): React.JSX.Element {
  const { drawn, lit } = props;
  return (
    <svg width={drawn.width} height={drawn.height} aria-hidden="true">
      {drawn.wires.map(({ edge, path }) => {
        const on = lit !== null && lit.has(edge.source) && lit.has(edge.target);
        return <path key={`${edge.source} ${edge.relation} ${edge.target}`} d={path} className={on ? 'jp-mod-lit' : lit ? 'jp-mod-dim' : undefined} />;
      })}
    </svg>
  );
}

/** Find for each node the edge by which it is in the picture: the one to a node that is nearer to the root. */
function towardsRoot(graph: ILineageGraph): Map<string, ILineageEdge> {
  const away = new Map(graph.nodes.map(node => [node.id, Math.abs(node.distance)]));
  const found = new Map<string, ILineageEdge>();
  for (const edge of graph.edges) {
    const [source, target] = [away.get(edge.source) ?? 0, away.get(edge.target) ?? 0];
    if (source !== target) {
      found.set(source > target ? edge.source : edge.target, edge);
    }
  }
  return found;
}

interface INodeBoxProps {
  node: ILineageNode;
  place: { x: number; y: number };
  root: boolean;
  edge: ILineageEdge | undefined;
  dim: boolean;
  /** Whether Tab stops here; arrow keys lead on. */
  stop: boolean;
  onAt: () => void;
  onOpen: (() => void) | null;
}

function NodeBox(props: INodeBoxProps): React.JSX.Element {
  const { node, edge, root, onOpen } = props;
  const label = DIGEST.test(node.label) ? shortDigest(node.label) : node.label;
  const className = ['jp-octavo-Lineage-node', root ? 'jp-mod-root' : '', props.dim ? 'jp-mod-dim' : '', onOpen && !root ? 'jp-mod-opens' : ''].filter(Boolean).join(' ');
  const shared = {
    className,
    title: [node.label, node.detail ?? '', edge ? exact(new Date(edge.at)) : ''].filter(Boolean).join('\n'),
    'data-node': node.id,
    tabIndex: props.stop ? 0 : -1,
    onMouseEnter: props.onAt,
    onFocus: props.onAt
  };
  const inside = (
    <>
      <span className="jp-octavo-Lineage-kind">
        {node.kind.replace(/_/g, ' ')}
        {edge && ` · ${edge.relation.replace(/_/g, ' ')}`}
      </span>
      <span className="jp-octavo-Lineage-label">{label}</span>
    </>
  );
  return (
    <div role="listitem" className="jp-octavo-Lineage-place" style={{ left: props.place.x, top: props.place.y, width: BOX.width, height: BOX.height }}>
      {onOpen && !root ? (
        <button type="button" {...shared} onClick={onOpen}>
          {inside}
        </button>
      ) : (
        <div {...shared} aria-current={root || undefined}>
          {inside}
        </div>
      )}
    </div>
  );
}
