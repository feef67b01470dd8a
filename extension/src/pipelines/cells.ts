import type { INotebookContent } from '@jupyterlab/nbformat';

import type { PipelineRunEvent } from '../api/pipelines';

/** An event, with the figures of a cell where the platform measured them. */
export type MeasuredEvent = PipelineRunEvent & { readonly memory_mib?: number | null };

/** How a cell of a run stands. */
export type CellState = 'waiting' | 'running' | 'done' | 'failed' | 'left';

/** A cell of a run, as far as it is known. */
export interface ICellLine {
  /** Index in the notebook that was submitted, from 0. */
  readonly index: number;
  /** Code runs; the rest is read. */
  readonly code: boolean;
  readonly source: string;
  readonly state: CellState;
  readonly startedAt: string | null;
  readonly seconds: number | null;
  /** Highest memory while it ran. */
  readonly memoryMib: number | null;
  /** What it printed so far; its end where that is long. */
  readonly printed: string;
}

/** Characters of one cell's streams that are kept. */
export const MOST_PRINTED = 20_000;

interface ICellSource {
  readonly code: boolean;
  readonly source: string;
}

/** The cells of a notebook as plain text; nothing for what is no notebook. */
export function sourcesOf(notebook: Partial<INotebookContent> | null | undefined): readonly ICellSource[] {
  const cells = Array.isArray(notebook?.cells) ? notebook.cells : [];
  return cells.map(cell => ({ code: cell?.cell_type === 'code', source: textOf(cell?.source) }));
}

function textOf(source: unknown): string {
  return Array.isArray(source) ? source.filter(line => typeof line === 'string').join('') : typeof source === 'string' ? source : '';
}

/** Tell of each cell how it stands in the last attempt; without the notebook only cells that were heard of. */
export function cellsOf(sources: readonly ICellSource[], events: readonly MeasuredEvent[], over: boolean): readonly ICellLine[] {
  const attempt = events.reduce((most, event) => Math.max(most, event.attempt), 0);
  const lines = new Map<number, ICellLine>(sources.map((one, index) => [index, { ...fresh(index), ...one }]));
  for (const event of events) {
    if (event.attempt === attempt && typeof event.cell === 'number') {
      lines.set(event.cell, heard(lines.get(event.cell) ?? fresh(event.cell), event));
    }
  }
  return [...lines.values()].sort((a, b) => a.index - b.index).map(line => (over && line.state === 'running' ? { ...line, state: 'left' } : line));
}

function fresh(index: number): ICellLine {
  return { index, code: true, source: '', state: 'waiting', startedAt: null, seconds: null, memoryMib: null, printed: '' };
}

function heard(line: ICellLine, event: MeasuredEvent): ICellLine {
  switch (event.kind) {
    case 'cell_started':
      return { ...line, state: 'running', startedAt: event.at };
    case 'cell_finished':
      return { ...line, state: line.state === 'failed' ? 'failed' : 'done', seconds: event.seconds ?? null, memoryMib: event.memory_mib ?? null, printed: line.printed || event.message };
    case 'error':
      return { ...line, state: 'failed' };
    case 'log':
      return { ...line, printed: carried(line.printed, event.message) };
    default:
      return line;
  }
}

const KEPT_LINES = /[^\n]*\r(?!\n)/g;

/** Add to what a cell printed, as a terminal shows it: a carriage return writes its line anew, and the oldest text goes first. */
export function carried(before: string, more: string): string {
  const all = (before + more).replace(KEPT_LINES, '');
  return all.length > MOST_PRINTED ? `…${all.slice(all.length - MOST_PRINTED)}` : all;
}
