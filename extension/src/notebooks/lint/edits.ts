import type { INotebookModel } from '@jupyterlab/notebook';

import type { LintFinding } from '../../api/notebooks';

type Shared = INotebookModel['sharedModel'];
type SharedCell = Shared['cells'][number];
/** One step of a fix that one click can make. */
export type Edit = NonNullable<LintFinding['safe_fix']>['edits'][number];
type Replace = Extract<Edit, { kind: 'replace' }>;

/** The cell that an edit is about: by its id, for cells above it may have come and gone. */
function cellOf(shared: Shared, edit: { cell: number; cell_id: string | null }): SharedCell | undefined {
  const named = edit.cell_id === null ? undefined : shared.cells.find(cell => cell.getId() === edit.cell_id);
  return named ?? (edit.cell_id === null ? shared.cells[edit.cell] : undefined);
}

/** Where a line begins in a text. */
function lineStart(source: string, line: number): number {
  let start = 0;
  for (let number = 1; number < line; number++) {
    const end = source.indexOf('\n', start);
    if (end < 0) {
      return source.length;
    }
    start = end + 1;
  }
  return start;
}

function place(source: string, edit: Replace): [number, number] {
  return [lineStart(source, edit.start_line) + edit.start_column, lineStart(source, edit.end_line) + edit.end_column];
}

/** Whether the notebook still is what an edit was made for. */
function fits(shared: Shared, edit: Edit): boolean {
  if (edit.kind === 'insert_cell' || edit.kind === 'run_all') {
    return true;
  }
  const source = cellOf(shared, edit)?.getSource();
  return source !== undefined && (edit.kind !== 'replace' || source.slice(...place(source, edit)) === edit.expected);
}

function apply(shared: Shared, edit: Edit): void {
  if (edit.kind === 'run_all') {
    return;
  }
  if (edit.kind === 'insert_cell') {
    const { cell_type, source, tags } = edit;
    shared.insertCell(Math.min(edit.index, shared.cells.length), { cell_type, source, metadata: { tags } });
    return;
  }
  const cell = cellOf(shared, edit);
  if (!cell) {
    return;
  }
  if (edit.kind === 'replace') {
    cell.updateSource(...place(cell.getSource(), edit), edit.text);
  } else if (edit.kind === 'clear_outputs') {
    if ('setOutputs' in cell) {
      cell.setOutputs([]);
    }
  } else {
    const tags = cell.getMetadata('tags');
    const others = (Array.isArray(tags) ? tags : []).filter(tag => tag !== edit.tag);
    cell.setMetadata('tags', edit.present ? [...others, edit.tag] : others);
  }
}

/**
 * Make a fix's edits, all or none, as one step of undo.
 *
 * @returns whether they fitted: false when the notebook was changed since it was looked at.
 */
export function applyEdits(shared: Shared, edits: readonly Edit[]): boolean {
  if (!edits.every(edit => fits(shared, edit))) {
    return false;
  }
  shared.transact(() => [...edits].reverse().forEach(edit => apply(shared, edit)));
  return true;
}
