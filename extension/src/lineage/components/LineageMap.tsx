import * as React from 'react';

import type { LineageEdge, LineageGraph, LineageNode } from '../../api/lineage';
import { exact, shortDigest } from '../../ui/format';
import { trans } from '../../words';

/** Props of a lineage map. */
export interface ILineageMapProps {
  graph: LineageGraph;
  /** Open what a node stands for; null where there is no view of it. */
  onOpen: (node: LineageNode) => (() => void) | null;
}

/** What a thing was made from, at the left, and what was made from it, at the right. */
export function LineageMap(props: ILineageMapProps): React.JSX.Element {
  const { graph } = props;
  const steps = [...new Set(graph.nodes.map(node => node.distance))].sort((a, b) => a - b);
  const related = towardsRoot(graph);
  if (graph.edges.length === 0) {
    return <p className="jp-octavo-Muted">{trans.__('Nothing is linked to it yet. Links appear when runs, releases and models use it.')}</p>;
  }
  return (
    <>
      <div className="jp-octavo-Lineage" role="list" aria-label={trans.__('Lineage')}>
        {steps.map(step => (
          <div key={step} className="jp-octavo-Lineage-step">
            {graph.nodes
              .filter(node => node.distance === step)
              .map(node => (
                <NodeBox key={node.id} node={node} root={node.id === graph.root} relation={node.id === graph.root ? null : (related.get(node.id)?.relation ?? null)} at={related.get(node.id)?.at} onOpen={props.onOpen(node)} />
              ))}
          </div>
        ))}
      </div>
      {graph.truncated && <p className="jp-octavo-Muted">{trans.__('There is more than is shown here.')}</p>}
    </>
  );
}

/** Find for each node the edge by which it is in the picture: the one to a node that is nearer to the root. */
function towardsRoot(graph: LineageGraph): Map<string, LineageEdge> {
  const away = new Map(graph.nodes.map(node => [node.id, Math.abs(node.distance)]));
  const related = new Map<string, LineageEdge>();
  for (const edge of graph.edges) {
    const [source, target] = [away.get(edge.source) ?? 0, away.get(edge.target) ?? 0];
    if (source !== target) {
      related.set(source > target ? edge.source : edge.target, edge);
    }
  }
  return related;
}

function NodeBox(props: { node: LineageNode; root: boolean; relation: string | null; at: string | undefined; onOpen: (() => void) | null }): React.JSX.Element {
  const { node } = props;
  const title = [node.id, props.at ? exact(new Date(props.at)) : ''].filter(Boolean).join('\n');
  const inside = (
    <>
      <span className="jp-octavo-Lineage-kind">
        {node.kind.replace(/_/g, ' ')}
        {props.relation && ` · ${props.relation.replace(/_/g, ' ')}`}
      </span>
      <span className="jp-octavo-Lineage-label">{/^[0-9a-f]{32,64}$/.test(node.label) ? shortDigest(node.label) : node.label}</span>
    </>
  );
  const box = React.useRef<HTMLDivElement>(null);
  React.useEffect(() => {
    if (props.root) {
      const list = box.current?.closest('.jp-octavo-Lineage');
      list?.scrollTo({ left: (box.current?.offsetLeft ?? 0) - list.clientWidth / 2 });
    }
  }, [props.root]);
  const className = `jp-octavo-Lineage-node${props.root ? ' jp-mod-root' : ''}`;
  return (
    <div role="listitem" ref={box}>
      {props.onOpen && !props.root ? (
        <button type="button" className={className} title={title} onClick={props.onOpen}>
          {inside}
        </button>
      ) : (
        <div className={className} title={title}>
          {inside}
        </div>
      )}
    </div>
  );
}
