import { NotebookModel } from '@jupyterlab/notebook';

import type { Edit } from '../edits';
import { applyEdits } from '../edits';

function opened(...sources: string[]): NotebookModel {
  const model = new NotebookModel();
  model.sharedModel.insertCells(
    0,
    sources.map((source, index) => ({ cell_type: 'code' as const, source, id: `c${index}` }))
  );
  return model;
}

function replace(line: number, start: number, end: number, expected: string, text: string): Edit {
  return { kind: 'replace', cell: 0, cell_id: 'c0', start_line: line, start_column: start, end_line: line, end_column: end, expected, text };
}

describe('one click', () => {
  it('replaces a range as lint counted it, behind characters of two units', () => {
    const model = opened("'é😀'\n'é😀'; rng()");
    const edit = replace(2, 11, 11, '', '0');
    expect(applyEdits(model.sharedModel, [edit])).toBe(true);
    expect(model.sharedModel.cells[0]?.getSource()).toBe("'é😀'\n'é😀'; rng(0)");
    model.dispose();
  });

  it('changes nothing when the notebook is another by now', () => {
    const model = opened('pip install pandas');
    const edits = [replace(1, 0, 3, 'pip', 'uv'), replace(1, 12, 18, 'numpys', 'numpy==2')];
    expect(applyEdits(model.sharedModel, edits)).toBe(false);
    expect(model.sharedModel.cells[0]?.getSource()).toBe('pip install pandas');
    model.dispose();
  });

  it('finds the cell by its id, wherever it went', () => {
    const model = opened('a', 'b');
    const edit: Edit = { kind: 'tag_cell', cell: 0, cell_id: 'c1', tag: 'parameters', present: true };
    expect(applyEdits(model.sharedModel, [edit])).toBe(true);
    expect(model.sharedModel.cells[1]?.getMetadata('tags')).toEqual(['parameters']);
    expect(model.sharedModel.cells[0]?.getMetadata('tags')).toBeUndefined();
    model.dispose();
  });

  it('inserts a tagged cell, and refuses one that is gone', () => {
    const model = opened('a');
    const insert: Edit = { kind: 'insert_cell', index: 0, cell_type: 'code', source: 'n = 1', tags: ['parameters'] };
    expect(applyEdits(model.sharedModel, [insert])).toBe(true);
    expect(model.sharedModel.cells.map(cell => cell.getSource())).toEqual(['n = 1', 'a']);
    expect(applyEdits(model.sharedModel, [{ kind: 'clear_outputs', cell: 0, cell_id: 'gone' }])).toBe(false);
    model.dispose();
  });
});
