/** A thing in a graph of lineage. */
export interface ILineageNode {
  readonly id: string;
  readonly kind: string;
  readonly label: string;
  /** Steps from the root; negative: what it was made from. */
  readonly distance: number;
  /** Where it stands, from the left; without it the distance says so. */
  readonly column?: number;
  /** More about it, a short line. */
  readonly detail?: string;
}

/** What led to what. */
export interface ILineageEdge {
  readonly source: string;
  readonly target: string;
  readonly relation: string;
  readonly at: string;
}

/** A graph around one thing. */
export interface ILineageGraph {
  readonly root: string;
  readonly nodes: readonly ILineageNode[];
  readonly edges: readonly ILineageEdge[];
  readonly truncated: boolean;
}

/** Where a box is drawn, in px from the drawing's corner. */
export interface IPlace {
  readonly x: number;
  readonly y: number;
}

/** A line between two boxes. */
export interface IWire {
  readonly edge: ILineageEdge;
  /** The path of an SVG. */
  readonly path: string;
}

/** A graph, ready to be drawn. */
export interface ILayout {
  /** Columns from left to right, each from top to bottom. */
  readonly columns: readonly (readonly ILineageNode[])[];
  readonly places: ReadonlyMap<string, IPlace>;
  readonly wires: readonly IWire[];
  readonly width: number;
  readonly height: number;
}

export const BOX = { width: 176, height: 46 } as const;
const GAP = { x: 52, y: 12 } as const;
const EDGE = 6;
const SWEEPS = 4;

/** Place the boxes: what came first at the left, neighbours near each other, lines that seldom cross. */
export function layout(graph: ILineageGraph): ILayout {
  const columns = ordered(columnsOf(graph.nodes), graph.edges);
  const rows = Math.max(...columns.map(column => column.length), 1);
  const height = rows * (BOX.height + GAP.y) - GAP.y + 2 * EDGE;
  const places = new Map<string, IPlace>();
  columns.forEach((column, at) => {
    const top = (height - (column.length * (BOX.height + GAP.y) - GAP.y)) / 2;
    column.forEach((node, row) => places.set(node.id, { x: EDGE + at * (BOX.width + GAP.x), y: top + row * (BOX.height + GAP.y) }));
  });
  const width = columns.length * (BOX.width + GAP.x) - GAP.x + 2 * EDGE;
  return { columns, places, wires: graph.edges.flatMap(edge => wire(edge, places)), width: Math.max(width, 0), height };
}

function columnsOf(nodes: readonly ILineageNode[]): ILineageNode[][] {
  const at = (node: ILineageNode): number => node.column ?? node.distance;
  const steps = [...new Set(nodes.map(at))].sort((a, b) => a - b);
  return steps.map(step => nodes.filter(node => at(node) === step));
}

/** Order each column by where its neighbours stand, to the right and back a few times. */
function ordered(columns: readonly ILineageNode[][], edges: readonly ILineageEdge[]): ILineageNode[][] {
  const near = neighbours(edges);
  const now = [...columns];
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (let step = 0; step < now.length; step++) {
      const at = sweep % 2 === 0 ? step : now.length - 1 - step;
      now[at] = byNeighbours(now[at] ?? [], near, standing(now));
    }
  }
  return now;
}

function byNeighbours(column: readonly ILineageNode[], near: ReadonlyMap<string, readonly string[]>, stands: ReadonlyMap<string, number>): ILineageNode[] {
  const weights = new Map(
    column.map(node => {
      const others = (near.get(node.id) ?? []).flatMap(id => stands.get(id) ?? []);
      return [node.id, others.length > 0 ? others.reduce((sum, one) => sum + one, 0) / others.length : (stands.get(node.id) ?? 0)] as const;
    })
  );
  return [...column].sort((a, b) => (weights.get(a.id) ?? 0) - (weights.get(b.id) ?? 0));
}

/** How far down each node stands in its column, between 0 and 1. */
function standing(columns: readonly (readonly ILineageNode[])[]): ReadonlyMap<string, number> {
  return new Map(columns.flatMap(column => column.map((node, row) => [node.id, (row + 0.5) / column.length] as const)));
}

function neighbours(edges: readonly ILineageEdge[]): Map<string, string[]> {
  const near = new Map<string, string[]>();
  for (const { source, target } of edges) {
    near.set(source, [...(near.get(source) ?? []), target]);
    near.set(target, [...(near.get(target) ?? []), source]);
  }
  return near;
}

function wire(edge: ILineageEdge, places: ReadonlyMap<string, IPlace>): IWire[] {
  const [from, to] = [places.get(edge.source), places.get(edge.target)];
  if (!from || !to || edge.source === edge.target) {
    return [];
  }
  const [y1, y2] = [from.y + BOX.height / 2, to.y + BOX.height / 2];
  const x1 = from.x + BOX.width;
  if (from.x === to.x) {
    const bow = x1 + GAP.x * 0.6;
    return [{ edge, path: `M${x1},${y1} C${bow},${y1} ${bow},${y2} ${x1},${y2}` }];
  }
  const [start, end] = from.x < to.x ? [x1, to.x] : [from.x, to.x + BOX.width];
  const half = (start + end) / 2;
  return [{ edge, path: `M${start},${y1} C${half},${y1} ${half},${y2} ${end},${y2}` }];
}

/** All that a node was made from and all that was made from it, itself among them. */
export function related(edges: readonly ILineageEdge[], id: string): ReadonlySet<string> {
  return new Set([...reached(edges, id, 'source', 'target'), ...reached(edges, id, 'target', 'source')]);
}

function reached(edges: readonly ILineageEdge[], start: string, from: 'source' | 'target', to: 'source' | 'target'): Set<string> {
  const found = new Set([start]);
  const left = [start];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    for (const edge of edges) {
      if (edge[from] === at && !found.has(edge[to])) {
        found.add(edge[to]);
        left.push(edge[to]);
      }
    }
  }
  return found;
}

/** The node that an arrow key leads to; the same where there is none. */
export function towards(key: string, id: string, { columns }: ILayout, edges: readonly ILineageEdge[]): string {
  const at = columns.findIndex(column => column.some(node => node.id === id));
  const column = columns[at] ?? [];
  const row = column.findIndex(node => node.id === id);
  const beside = (step: -1 | 1): string | undefined => {
    const linked = edges.filter(edge => (step < 0 ? edge.target : edge.source) === id).map(edge => (step < 0 ? edge.source : edge.target));
    const next = columns[at + step] ?? [];
    return next.find(node => linked.includes(node.id))?.id ?? linked[0] ?? next[Math.min(row, next.length - 1)]?.id;
  };
  switch (key) {
    case 'ArrowLeft':
      return beside(-1) ?? id;
    case 'ArrowRight':
      return beside(1) ?? id;
    case 'ArrowUp':
      return column[row - 1]?.id ?? id;
    case 'ArrowDown':
      return column[row + 1]?.id ?? id;
    default:
      return id;
  }
}
