import type { Run } from '../../api/experiments';
import type { IRunColumn } from './columns';
import { cellOf } from './columns';

/** Columns of every run that hold a text one can look for. */
const TEXTS = new Set(['name', 'experiment', 'status', 'owner', 'notebook', 'profile']);

/** A filter clause that finds the runs with the same value in a column; null where that makes no sense. */
export function sameValue(run: Run, column: IRunColumn): string | null {
  if (column.source === 'metric' || (column.source === 'column' && !TEXTS.has(column.name))) {
    return null;
  }
  const { text } = cellOf(run, column, undefined, new Date(0));
  return text === '' ? `${column.field} is null` : `${column.field} = "${text.replace(/["\\]/g, '\\$&')}"`;
}
