import type { NotebookPanel } from '@jupyterlab/notebook';
import { Notebook, NotebookModel } from '@jupyterlab/notebook';
import { NBTestUtils } from '@jupyterlab/notebook/lib/testutils';
import { Signal } from '@lumino/signaling';
import { Widget } from '@lumino/widgets';
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import * as React from 'react';

import type { LintFinding } from '../../../api/notebooks';
import { HOSTILE, lintReport } from '../../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../../testing/server';
import { CellFindings, MOST_SHOWN } from '../CellFindings';
import { LintMargin } from '../margin';
import { LintModel } from '../model';

const LINT = 'POST projects/flights/notebooks/lint';

function finding(changes: Partial<LintFinding> = {}): LintFinding {
  return {
    rule: 'unseeded-randomness', severity: 'warning', cell: 0, cell_id: 'fit', line: 1, message: 'Nothing seeds it.', fix: 'Pass a fixed seed.',
    in_output: false, blocks: [], ...changes
  } as LintFinding;
}

const SEED = { label: 'Seed it', edits: [{ kind: 'replace' as const, cell: 0, cell_id: 'fit', start_line: 1, start_column: 4, end_line: 1, end_column: 4, expected: '', text: '0' }] };

afterEach(cleanup);

describe('the findings of a cell', () => {
  it('say place, weight and message as text, and offer the fix', () => {
    const fixed: string[] = [];
    render(<CellFindings findings={[finding({ message: HOSTILE, severity: 'error', safe_fix: SEED })]} onFix={one => fixed.push(one.rule)} />);
    const list = screen.getByRole('list', { name: 'Lint findings of this cell' });
    expect(list.textContent).toContain(`line 1 ${HOSTILE}`);
    expect(document.querySelector('img')).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: 'Seed it' }));
    expect(fixed).toEqual(['unseeded-randomness']);
  });

  it('show a few first and all when asked', () => {
    const many = Array.from({ length: 9 }, (_, number) => finding({ line: number + 1 }));
    render(<CellFindings findings={many} onFix={() => undefined} />);
    expect(screen.getAllByRole('listitem')).toHaveLength(MOST_SHOWN + 1);
    fireEvent.click(screen.getByRole('button', { name: '6 more' }));
    expect(screen.getAllByRole('listitem')).toHaveLength(9);
  });

  it('are nothing where there is none', () => {
    render(<CellFindings findings={[]} onFix={() => undefined} />);
    expect(screen.queryByRole('list')).toBeNull();
  });
});

describe('the margin', () => {
  let notebook: Notebook;
  let panel: NotebookPanel;
  let server: FakeServer;
  let model: LintModel;
  const runAll = jest.fn();

  beforeEach(() => {
    notebook = NBTestUtils.createNotebook();
    notebook.model = new NotebookModel();
    notebook.model.fromJSON({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: {},
      cells: ['fit', 'eval'].map(id => ({ id, cell_type: 'code', source: 'rng()', metadata: {}, outputs: [], execution_count: null }))
    });
    Widget.attach(notebook, document.body);
    for (const cell of notebook.widgets) {
      (cell as unknown as { placeholder: boolean }).placeholder = false;
    }
    panel = { content: notebook, context: { model: notebook.model }, disposed: new Signal({}) } as unknown as NotebookPanel;
    server = new FakeServer({
      [LINT]: asked => {
        const source = (asked.body as { notebook: { cells: { source: string }[] } }).notebook.cells[0]?.source;
        const findings = source === 'rng()' ? [finding({ safe_fix: SEED })] : [];
        return { lint: lintReport({ findings, warnings: findings.length }), parameters: [] };
      }
    });
    const { requests, session } = fakeOctavo(server);
    model = new LintModel(requests, session, notebook.model);
    new LintMargin(panel, model, runAll);
  });

  afterEach(() => {
    model.dispose();
    notebook.dispose();
  });

  it('shows findings below their cell, and a click mends it and looks again', async () => {
    await model.look();
    expect(model.report?.warnings).toBe(1);
    const fix = await waitFor(() => screen.getByRole('button', { name: 'Seed it' }));
    expect(notebook.widgets[0]?.node.contains(fix)).toBe(true);
    fireEvent.click(fix);
    expect(notebook.model?.sharedModel.cells[0]?.getSource()).toBe('rng(0)');
    await until(() => model.of('fit').length === 0);
    await waitFor(() => expect(screen.queryByRole('button', { name: 'Seed it' })).toBeNull());
  });

  it('shows nothing where lint can not look', async () => {
    await model.look();
    server.failing = true;
    await model.look();
    expect(model.report).toBeNull();
    expect(model.of('fit')).toEqual([]);
  });

  it('asks nothing more once it is gone', async () => {
    model.dispose();
    const before = server.asked.length;
    await model.look();
    expect(server.asked).toHaveLength(before);
  });
});
