import type { Deployment, Row, SignatureColumn } from '../api/deployments';
import { metric, text } from '../ui/format';
import { trans } from '../words';

const NUMERIC = /double|float|integer|long/;
const KEY = /^\s*([^=,\s]+)\s*=\s*([^,]*?)\s*$/;
const WHOLE = /^-?\d{1,15}$/;

/** What was typed, by column; a Map, because columns may have any name. */
export type Typed = ReadonlyMap<string, string>;

/** Whether a column takes numbers. */
export function isNumeric(column: SignatureColumn): boolean {
  return NUMERIC.test(column.type);
}

/** The example of the deployment as text, to begin with. */
export function exampleOf(deployment: Deployment): Typed {
  const example = new Map<string, unknown>(Object.entries(deployment.example ?? {}));
  return new Map(deployment.inputs.map(column => [column.name, example.get(column.name) === undefined || example.get(column.name) === null ? '' : text(example.get(column.name))]));
}

/** Turn what was typed into a row of the model's own types; empty fields are left out. */
export function rowOf(columns: readonly SignatureColumn[], typed: Typed): Row {
  const filled = columns.filter(column => (typed.get(column.name) ?? '') !== '');
  return Object.fromEntries(filled.map(column => [column.name, valueOf(column, typed.get(column.name) ?? '')]));
}

function valueOf(column: SignatureColumn, value: string): Row[string] {
  if (column.type === 'boolean') {
    return value === 'true';
  }
  return isNumeric(column) ? Number(value) : value;
}

/** Say what is wrong with a typed value; undefined when nothing is. `filled`: the online store fills what is empty. */
export function columnFault(column: SignatureColumn, value: string, filled = false): string | undefined {
  if (value === '') {
    return column.required && !filled ? trans.__('%1 is needed.', column.name) : undefined;
  }
  if (isNumeric(column) && (value.trim() === '' || !Number.isFinite(Number(value)))) {
    return trans.__('%1 is no number.', value);
  }
  return /integer|long/.test(column.type) && !Number.isInteger(Number(value)) ? trans.__('%1 is no whole number.', value) : undefined;
}

/** Read keys as they are typed, "carrier=UA, flight=12"; undefined when they can't be read. */
export function entityOf(typed: string): Row | undefined {
  const parts = typed.split(',').map(part => KEY.exec(part));
  if (parts.some(part => part === null || part[2] === '')) {
    return undefined;
  }
  return Object.fromEntries(parts.map(part => [part?.[1] ?? '', keyOf(part?.[2] ?? '')]));
}

function keyOf(value: string): string | number {
  return WHOLE.test(value) ? Number(value) : value;
}

/** Write a prediction: a number, or the numbers of a row, with four digits. */
export function scoreText(prediction: unknown): string {
  const values = Array.isArray(prediction) ? prediction : [prediction];
  return values.map(value => (typeof value === 'number' ? metric(value) : text(value))).join(' · ');
}

/** The exact request from outside, with the caller's own token; `row` and `entity` are what is in the form. */
export function curlOf(deployment: Deployment, origin: string, row: Row, entity?: Row): string {
  const body = { ...(Object.keys(row).length > 0 || !entity ? { dataframe_records: [row] } : {}), ...(entity ? { entities: [entity] } : {}) };
  const sent = JSON.stringify(body, null, 1).replace(/\n\s*/g, ' ');
  return ['curl -sS -X POST \\', `  -H "Authorization: Bearer $OCTAVO_TOKEN" \\`, "  -H 'Content-Type: application/json' \\", `  -d '${quoted(sent)}' \\`, `  '${quoted(origin + deployment.invocations_path)}'`].join('\n');
}

function quoted(word: string): string {
  return word.replace(/'/g, "'\\''");
}
