import type { ILineageEdge, ILineageNode } from '../lineage/layout';

/** A step as the drawing needs it. */
export interface IStepShape {
  readonly name: string;
  /** Names of the steps that it comes after. */
  readonly needs: readonly string[];
}

/** Put each step right of all that it comes after; what stands in a circle or needs what isn't there is placed as if that weren't said. */
export function depths(steps: readonly IStepShape[]): ReadonlyMap<string, number> {
  const byName = new Map(steps.map(step => [step.name, step]));
  const found = new Map<string, number>();
  const depth = (name: string, above: ReadonlySet<string>): number => {
    const known = found.get(name);
    if (known !== undefined) {
      return known;
    }
    const inside = new Set([...above, name]);
    const needs = (byName.get(name)?.needs ?? []).filter(one => byName.has(one) && !inside.has(one));
    const at = needs.reduce((most, one) => Math.max(most, depth(one, inside) + 1), 0);
    found.set(name, at);
    return at;
  };
  steps.forEach(step => depth(step.name, new Set()));
  return found;
}

/** The steps as boxes and lines for the drawing. */
export function shape(steps: readonly IStepShape[]): { nodes: ILineageNode[]; edges: ILineageEdge[] } {
  const columns = depths(steps);
  const names = new Set(steps.map(step => step.name));
  return {
    nodes: steps.map(step => ({ id: step.name, kind: 'step', label: step.name, distance: columns.get(step.name) ?? 0 })),
    edges: steps.flatMap(step => [...new Set(step.needs)].filter(one => names.has(one) && one !== step.name).map(source => ({ source, target: step.name, relation: 'before', at: '' })))
  };
}
