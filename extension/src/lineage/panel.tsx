import * as React from 'react';

import { readLineage } from '../api/lineage';
import { Resource } from '../resource';
import type { IOctavo } from '../tokens';
import { Await } from '../ui/states';
import { LineageMap } from './components/LineageMap';
import type { ILineageGraph, ILineageNode } from './layout';

/** Find the view that shows a node; null where there is none. */
export function viewOf(node: ILineageNode): { kind: string; args: Record<string, string> } | null {
  const [project, ...rest] = node.id.slice(node.id.indexOf(':') + 1).split('/');
  const name = rest.join('/');
  if (!project || !name) {
    return null;
  }
  switch (node.kind) {
    case 'feature_view':
      return { kind: 'feature', args: { project, name } };
    case 'run':
      return { kind: 'run', args: { project, id: name } };
    case 'submission':
      return { kind: 'review', args: { project, id: name } };
    case 'release':
      return { kind: 'release', args: { project, digest: name } };
    case 'pipeline':
      return { kind: 'pipeline', args: { project, name } };
    case 'pipeline_run':
      return { kind: 'pipeline-run', args: { project, id: name } };
    case 'model_version':
      return { kind: 'model', args: { project, name: rest[0] ?? name, ...(rest[1] ? { version: rest[1] } : {}) } };
    case 'feature_service':
    case 'source':
      return { kind: 'features', args: { text: rest[rest.length - 1] ?? name } };
    case 'dashboard':
    case 'deployment':
      return { kind: 'deployment', args: { project, name } };
    default:
      return null;
  }
}

/** The lineage around one node. */
export function Lineage(props: { octavo: IOctavo; project: string; node: string }): React.JSX.Element {
  const { octavo, project, node } = props;
  return <PolledLineage key={node} octavo={octavo} read={signal => readLineage(octavo.requests, project, node, signal)} />;
}

/**
 * A graph that is read when it is shown, and again and again: what is deployed links itself later, by the worker.
 *
 * Give it the `key` of what it is about, so that it begins anew for another thing.
 */
export function PolledLineage(props: { octavo: IOctavo; read: (signal: AbortSignal) => Promise<ILineageGraph> }): React.JSX.Element {
  const { octavo } = props;
  const read = React.useRef(props.read);
  read.current = props.read;
  const resource = React.useMemo(() => new Resource(signal => read.current(signal)), []);
  React.useEffect(() => {
    resource.poll(octavo.session.settings.refreshSeconds * 3);
    return () => resource.dispose();
  }, [octavo, resource]);
  return <Await resource={resource}>{graph => <LineageGraph octavo={octavo} graph={graph} />}</Await>;
}

/** A graph whose boxes open what they stand for. */
function LineageGraph(props: { octavo: IOctavo; graph: ILineageGraph }): React.JSX.Element {
  const { octavo, graph } = props;
  return (
    <LineageMap
      graph={graph}
      onOpen={one => {
        const view = viewOf(one);
        return view && (() => octavo.open(view.kind, view.args));
      }}
    />
  );
}
