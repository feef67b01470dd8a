import type { ICell, INotebookContent, IOutput } from '@jupyterlab/nbformat';
import type { PartialJSONObject } from '@lumino/coreutils';

const CELL_TYPES = ['code', 'markdown', 'raw'];
const OUTPUT_TYPES = ['stream', 'display_data', 'execute_result', 'error'];

type Unknown = Readonly<Record<string, unknown>>;

function record(value: unknown): Unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Unknown) : {};
}

function text(value: unknown): string {
  if (Array.isArray(value)) {
    return value.filter(part => typeof part === 'string').join('');
  }
  return typeof value === 'string' ? value : '';
}

function outputs(value: unknown): IOutput[] {
  return (Array.isArray(value) ? value : []).map(record).filter(output => OUTPUT_TYPES.includes(String(output['output_type']))) as IOutput[];
}

function cell(value: unknown, index: number): ICell {
  const given = record(value);
  const kind = CELL_TYPES.includes(String(given['cell_type'])) ? String(given['cell_type']) : 'raw';
  const tags = record(given['metadata'])['tags'];
  const metadata = { editable: false, deletable: false, tags: Array.isArray(tags) ? tags.filter(tag => typeof tag === 'string') : [] };
  // An id that occurs twice, or is none, would make JupyterLab invent one: cells are told apart by where they stand.
  const common = { id: `version-${index}`, source: text(given['source']), metadata };
  if (kind !== 'code') {
    return { ...common, cell_type: kind };
  }
  const count = given['execution_count'];
  return { ...common, cell_type: 'code', execution_count: typeof count === 'number' ? count : null, outputs: outputs(given['outputs']) };
}

/**
 * A stored notebook as JupyterLab may show it: nothing in it is trusted, so that no script of its outputs runs.
 *
 * Metadata that say "trusted", that hide cells or name a kernel are left out; what is no cell becomes an empty one.
 */
export function untrusted(content: Partial<INotebookContent>): INotebookContent {
  const given = record(content);
  const language = record(record(given['metadata'])['language_info']);
  const info: PartialJSONObject = {};
  for (const name of ['name', 'codemirror_mode', 'mimetype']) {
    if (typeof language[name] === 'string') {
      info[name] = language[name];
    }
  }
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { language_info: { name: 'python', ...info } },
    cells: (Array.isArray(given['cells']) ? given['cells'] : []).map(cell)
  };
}
