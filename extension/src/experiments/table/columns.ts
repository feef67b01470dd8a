import type { Run, RunField } from '../../api/experiments';
import { duration, exact, metric, money, relative, signed } from '../../ui/format';
import { trans } from '../../words';
import { leadingMetrics, runSeconds, valueOf } from '../components/runs';

/** How a column's cells look. */
export type CellKind = 'name' | 'text' | 'number' | 'time' | 'next';

/** One column of the table. */
export interface IRunColumn {
  /** The field as filters and orders write it; also the column's id. */
  readonly field: string;
  readonly source: 'column' | 'metric' | 'param' | 'tag';
  /** The bare name within its source. */
  readonly name: string;
  readonly title: string;
  readonly cell: CellKind;
  /** Width in pixels until a person changes it. */
  readonly width: number;
  /** Whether the server can sort by it. */
  readonly sorts: boolean;
}

/** The range of a metric over the project, which its bars are drawn in. */
export interface IRange {
  readonly minimum: number;
  readonly maximum: number;
}

/** What a cell shows. */
export interface ICell {
  readonly text: string;
  /** What stands behind the value in a quieter tone: its difference from the baseline. */
  readonly aside?: string;
  /** Length of the bar, from 0 to 1. */
  readonly share?: number;
}

const METRICS_FIRST = 5;
const PREFIXES = { 'metrics.': 'metric', 'params.': 'param', 'tags.': 'tag' } as const;

/** The columns that every run has: field, title, look and width. */
function builtin(): readonly (readonly [string, string, CellKind, number])[] {
  return [
    ['name', trans.__('Run'), 'name', 200],
    ['experiment', trans.__('Experiment'), 'text', 120],
    ['status', trans.__('State'), 'text', 90],
    ['owner', trans.__('By'), 'text', 110],
    ['started', trans.__('Started'), 'time', 110],
    ['ended', trans.__('Ended'), 'time', 110],
    ['duration', trans.__('Took'), 'number', 90],
    ['cost', trans.__('Cost'), 'number', 80],
    ['notebook', trans.__('Notebook'), 'text', 180],
    ['profile', trans.__('Profile'), 'text', 110],
    ['models', trans.__('Model'), 'next', 190]
  ];
}

/** What can't be sorted by: it is worked out for the shown runs alone. */
const UNSORTED = new Set(['cost']);

/** Names of the columns of every run, in the order they are offered. */
export function builtinFields(): string[] {
  return builtin().map(([field]) => field);
}

/** Describe the column of a field. */
export function columnOf(field: string): IRunColumn {
  for (const [prefix, source] of Object.entries(PREFIXES)) {
    if (field.startsWith(prefix)) {
      const name = bare(field.slice(prefix.length));
      return { field, source, name, title: name, cell: source === 'metric' ? 'number' : 'text', width: source === 'metric' ? 104 : 120, sorts: true };
    }
  }
  const [, title, cell, width] = builtin().find(([known]) => known === field) ?? [field, field, 'text' as const, 130];
  return { field, source: 'column', name: field, title, cell, width, sorts: !UNSORTED.has(field) };
}

/** Write a name as filters do: quoted when it isn't a plain word. */
export function fieldOf(prefix: keyof typeof PREFIXES, name: string): string {
  return prefix + (/^[\p{L}\p{N}_./-]+$/u.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`);
}

/** The columns that the table begins with: what a run is, then the metrics that say most. */
export function firstColumns(metrics: readonly string[]): string[] {
  const leading = leadingMetrics(metrics, METRICS_FIRST).map(name => fieldOf('metrics.', name));
  return ['name', 'experiment', ...leading, 'started', 'models', 'owner', 'duration', 'cost'];
}

/** Fields of the columns whose values the server sends only when asked. */
export function askedFields(columns: readonly string[]): string[] {
  return columns.filter(field => columnOf(field).source !== 'column');
}

/** The range that a metric's bars are drawn in; undefined where bars would say nothing. */
export function rangeOf(field: RunField | undefined): IRange | undefined {
  const { minimum, maximum } = field ?? {};
  return typeof minimum === 'number' && typeof maximum === 'number' && maximum > minimum ? { minimum: Math.min(0, minimum), maximum } : undefined;
}

/** What a run shows in a column. */
export function cellOf(run: Run, column: IRunColumn, range: IRange | undefined, now: Date): ICell {
  switch (column.source) {
    case 'metric':
      return metricCell(run, column.name, range);
    case 'param':
      return { text: valueOf(run.params, column.name) ?? '' };
    case 'tag':
      return { text: valueOf(run.tags, column.name) ?? '' };
    default:
      return { text: builtinText(run, column.name, now) };
  }
}

/** What is told when the pointer rests on a cell: all of the text, a moment with its zone. */
export function tipOf(run: Run, column: IRunColumn, now: Date): string {
  const at = column.name === 'started' ? run.started_at : column.name === 'ended' ? run.ended_at : null;
  if (column.source === 'column' && at) {
    return exact(new Date(at));
  }
  const cell = cellOf(run, column, undefined, now);
  return cell.aside ? trans.__('%1, %2 against the baseline', cell.text, cell.aside) : cell.text;
}

function metricCell(run: Run, name: string, range: IRange | undefined): ICell {
  const odd = valueOf(run.odd, name);
  const value = valueOf(run.metrics, name);
  if (odd !== undefined || typeof value !== 'number') {
    return { text: odd ?? '' };
  }
  const delta = run.baseline ? undefined : valueOf(run.deltas, name);
  return {
    text: metric(value),
    ...(typeof delta === 'number' ? { aside: signed(delta) } : {}),
    ...(range ? { share: Math.min(1, Math.max(0, (value - range.minimum) / (range.maximum - range.minimum))) } : {})
  };
}

function builtinText(run: Run, name: string, now: Date): string {
  switch (name) {
    case 'started':
      return moment(run.started_at, now);
    case 'ended':
      return moment(run.ended_at, now);
    case 'duration':
      return duration(runSeconds(run, now));
    case 'cost':
      return cost(run.cost_eur);
    case 'notebook':
      return run.notebook?.path ?? '';
    case 'models':
      return run.registered.join(', ') || (run.models > 0 ? trans.__('logged') : '');
    case 'name':
      return run.name;
    case 'experiment':
      return run.experiment;
    case 'status':
      return run.status;
    case 'owner':
      return run.owner;
    case 'profile':
      return run.profile ?? '';
    default:
      return '';
  }
}

/** What a run cost; one that cost something never shows as nothing. */
function cost(euro: number | null | undefined): string {
  return euro && euro < 0.01 ? trans.__('< 0.01 €') : money(euro);
}

function moment(at: string | null, now: Date): string {
  return at ? relative(new Date(at), now) : '–';
}

function bare(written: string): string {
  const quoted = /^(["`])(.*)\1$/s.exec(written);
  return quoted ? (quoted[2] ?? '').replace(/\\(.)/gs, '$1') : written;
}
