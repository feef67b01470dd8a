import type { IStateDB } from '@jupyterlab/statedb';

import type { ILayoutStore } from './runsModel';
import type { ILayout } from './table/layout';

/** Keeps each project's columns with the rest of JupyterLab's state. */
export function layoutStore(state: IStateDB | null): ILayoutStore | null {
  const key = (project: string): string => `octavo-lab:runs-layout:${project}`;
  return (
    state && {
      read: async project => parsed(await state.fetch(key(project))),
      write: (project, layout) => void state.save(key(project), { columns: [...layout.columns], pins: [...layout.pins], widths: [...layout.widths].map(([field, width]) => [field, width]) })
    }
  );
}

/** What was kept, as far as it can be trusted: another version may have written it. */
export function parsed(value: unknown): ILayout | undefined {
  const { columns, pins, widths } = Object(value) as Record<string, unknown>;
  if (!texts(columns) || !texts(pins) || !Array.isArray(widths)) {
    return undefined;
  }
  const pairs = widths.filter((pair): pair is [string, number] => Array.isArray(pair) && typeof pair[0] === 'string' && typeof pair[1] === 'number');
  return { columns, pins, widths: new Map(pairs) };
}

function texts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(one => typeof one === 'string');
}
