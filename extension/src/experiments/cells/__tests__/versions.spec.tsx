import { EditorLanguageRegistry, CodeMirrorEditorFactory, CodeMirrorMimeTypeService } from '@jupyterlab/codemirror';
import { NBTestUtils } from '@jupyterlab/notebook/lib/testutils';
import { fireEvent, render, screen, within } from '@testing-library/react';
import * as React from 'react';

import type { NotebookDifference as Difference, RunNotebook } from '../../../api/cells';
import { AT, HOSTILE, run } from '../../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../../testing/server';
import { RunPageView } from '../../run';
import { RunModel, runBefore } from '../../runModel';
import { DifferenceModel, DifferencePage, differenceLine, NotebookDifference } from '../difference';
import type { INotebookParts } from '../notebook';
import { versionNotebook } from '../notebook';
import { untrusted } from '../untrusted';
import { VersionPage } from '../version';
import { VersionModel } from '../versionModel';

const SHA = 'ab'.repeat(32);
const RUN = 'a'.repeat(32);
const BASE = 'GET projects/flights/experiments';
const VERSION = { sha256: SHA, path: 'train.ipynb', exact: true, size: 100, cells: 2, stored_by: 'scientist', stored_at: AT };

function link(changes: Partial<RunNotebook> = {}): RunNotebook {
  return {
    run_id: RUN,
    path: 'flights/train.ipynb',
    sha256: SHA,
    commit: null,
    cell: 'fit',
    cell_sha256: SHA,
    version: VERSION,
    cell_index: 1,
    saved: 'same',
    source: 'train(5)',
    notes: [],
    ...changes
  };
}

const HOSTILE_NOTEBOOK = {
  nbformat: 4,
  nbformat_minor: 2,
  metadata: { kernelspec: { name: 'evil' }, language_info: { name: 'python', version: 7 } },
  cells: [
    { cell_type: 'code', id: 'same', source: ['a\n', 'b'], metadata: { trusted: true, jupyter: { source_hidden: true } }, outputs: [{ output_type: 'display_data', data: { 'text/html': HOSTILE } }, { output_type: 'evil' }, 5] },
    { cell_type: 'code', id: 'same', source: { x: 1 }, outputs: 'none', execution_count: 'x' },
    { cell_type: '__proto__', source: HOSTILE },
    null
  ]
};

function parts(): INotebookParts {
  const languages = new EditorLanguageRegistry();
  const factoryService = new CodeMirrorEditorFactory({ languages });
  return {
    rendermime: NBTestUtils.defaultRenderMime(),
    contentFactory: NBTestUtils.createNotebookPanelFactory(),
    editorServices: { factoryService, mimeTypeService: new CodeMirrorMimeTypeService(languages) }
  };
}

describe('a stored notebook', () => {
  it('is taken without trust, and whatever is in it', () => {
    const found = untrusted(HOSTILE_NOTEBOOK as never);
    expect(found.cells.map(cell => [cell.cell_type, cell.source, cell.id])).toEqual([
      ['code', 'a\nb', 'version-0'],
      ['code', '', 'version-1'],
      ['raw', HOSTILE, 'version-2'],
      ['raw', '', 'version-3']
    ]);
    expect(JSON.stringify(found)).not.toContain('trusted');
    expect(found.metadata).toEqual({ language_info: { name: 'python' } });
    expect((found.cells[0]?.outputs as unknown[]).length).toBe(1);
    expect(untrusted({}).cells).toEqual([]);
    expect(untrusted([] as never).cells).toEqual([]);
  });

  it('opens read-only and untrusted, the cell that made the run marked', () => {
    const notebook = versionNotebook(untrusted(HOSTILE_NOTEBOOK as never), 1, parts());
    expect(notebook.widgets.map(cell => cell.readOnly)).toEqual([true, true, true, true]);
    expect(notebook.widgets.map(cell => cell.hasClass('jp-octavo-mod-made'))).toEqual([false, true, false, false]);
    expect(notebook.widgets[1]?.node.getAttribute('aria-label')).toBe('Cell 2, which made the run');
    expect(notebook.widgets.some(cell => (cell.model as { trusted?: boolean }).trusted === true)).toBe(false);
    notebook.dispose();
  });
});

describe('the page of a version', () => {
  function open(answer: RunNotebook | Response): FakeServer {
    return new FakeServer({
      [`${BASE}/runs/${RUN}/notebook`]: () => answer,
      [`${BASE}/notebook-versions/${SHA}/content`]: () => HOSTILE_NOTEBOOK
    });
  }

  it('shows the notebook and where it is from', async () => {
    const octavo = fakeOctavo(open(link()));
    const model = new VersionModel(octavo, { project: 'flights', run: RUN });
    render(<VersionPage model={model} octavo={octavo} parts={parts()} />);
    await screen.findByText('Cell 2 made the run');
    expect(screen.getByText('exact')).toBeTruthy();
    expect(screen.getByRole('region', { name: 'Notebook version' })).toBeTruthy();
    expect(screen.queryByLabelText('What to know about this version')).toBeNull();
    fireEvent.click(screen.getByText('Open run'));
    expect(octavo.opened).toEqual([['run', { project: 'flights', id: RUN }]]);
    model.dispose();
  });

  it('says that the cell was changed, and shows it as it ran', async () => {
    const octavo = fakeOctavo(open(link({ saved: 'changed', notes: ['The cell was changed after the last save.'], source: 'train(9)' })));
    const model = new VersionModel(octavo, { project: 'flights', run: RUN });
    render(<VersionPage model={model} octavo={octavo} parts={parts()} />);
    await screen.findByText('The cell was changed after the last save.');
    expect(screen.getByLabelText('the cell as it ran').textContent).toBe('train(9)');
    model.dispose();
  });

  it('offers what there is when the version was not stored', async () => {
    const octavo = fakeOctavo(open(link({ version: null, cell_index: null, saved: 'unknown', commit: 'c0ffee', notes: ['This version was not stored.'] })));
    const model = new VersionModel(octavo, { project: 'flights', run: RUN });
    render(<VersionPage model={model} octavo={octavo} parts={parts()} />);
    await screen.findByText('The version was not stored');
    expect(screen.getByText('Commit c0ffee of its folder may hold it.')).toBeTruthy();
    expect(screen.getByLabelText('the cell as it ran').textContent).toBe('train(5)');
    model.dispose();
  });

  it('shows why there is none', async () => {
    const octavo = fakeOctavo(open(refusal(404, 'not_found', 'Run a was not made by a notebook.')));
    const model = new VersionModel(octavo, { project: 'flights', run: RUN });
    render(<VersionPage model={model} octavo={octavo} parts={parts()} />);
    await screen.findByText('Run a was not made by a notebook.');
    model.dispose();
  });
});

describe('two runs as notebooks', () => {
  const side = { run_id: RUN, name: HOSTILE, path: 'train.ipynb', sha256: SHA, exact: true, cell: 'fit', cell_index: 0, as_it_ran: true };
  const found: Difference = {
    old: side,
    new: { ...side, run_id: 'b'.repeat(32), name: 'second' },
    added: 0,
    removed: 0,
    changed: 1,
    same: 1,
    cells: [
      { op: 'changed', cell_type: 'code', old_index: 0, new_index: 0, outputs_changed: false, lines: [{ op: 'removed', text: 'train(5)' }, { op: 'added', text: 'train(7)' }] },
      { op: 'same', cell_type: 'code', old_index: 1, new_index: 1, outputs_changed: false, lines: [{ op: 'same', text: 'plot()' }] }
    ]
  };

  it('are shown cell by cell, what is the same folded', async () => {
    const server = new FakeServer({ [`${BASE}/notebook-difference`]: () => found });
    const octavo = fakeOctavo(server);
    const model = new DifferenceModel(octavo, { project: 'flights', runs: `${RUN},${'b'.repeat(32)}` });
    render(<DifferencePage model={model} octavo={octavo} />);
    await screen.findByText('0 added, 1 changed, 0 removed, 1 the same');
    expect(server.asked.find(one => one.url.pathname.endsWith('difference'))?.url.searchParams.getAll('run')).toEqual([RUN, 'b'.repeat(32)]);
    const cells = screen.getByRole('list', { name: 'What differs between the notebooks' });
    expect(within(cells).getAllByRole('listitem').length).toBe(1);
    fireEvent.click(screen.getByText('Show 1 cell that is the same'));
    expect(within(cells).getAllByRole('listitem').length).toBe(2);
    fireEvent.click(screen.getByText(HOSTILE));
    expect(octavo.opened).toEqual([['notebook-version', { project: 'flights', run: RUN }]]);
    expect(document.querySelector('img')).toBeNull();
    model.dispose();
  });

  it('are told apart where they have the same name', () => {
    render(<NotebookDifference difference={found} names={new Map([[RUN, 'loop a 567643']])} onOpen={() => undefined} />);
    expect(screen.getByRole('group', { name: 'before' }).textContent).toContain('loop a 567643');
    expect(screen.getByRole('group', { name: 'after' }).textContent).toContain('second');
  });

  it('may say the same', () => {
    expect(differenceLine({ ...found, changed: 0 })).toBe('The notebooks say the same in 1 cell');
  });
});

describe('the page of a run', () => {
  const executions = [
    { run_id: 'r3', started_at: '2026-01-01T13:00:00Z' },
    { run_id: 'r1', started_at: '2026-01-01T10:00:00Z' },
    { run_id: 'r2', started_at: '2026-01-01T11:00:00Z' },
    { run_id: 'r0', started_at: null }
  ];

  it('knows the execution before', () => {
    expect(runBefore(run(), executions)).toBe('r2');
    expect(runBefore(run({ started_at: null }), executions)).toBeNull();
  });

  it('shows cost, notebook and cell, and leads on', async () => {
    const made = run({ notebook: { path: 'flights/train.ipynb', digest: SHA, cell: 'fit', cell_digest: SHA, commit: null } });
    const detail = { run: made, params: {}, tags: { team: HOSTILE, 'octavo.profile': 'x' }, metrics: [], curves: [], inputs: [], models: [], tracking_url: 'http://mlflow/run' };
    const past = executions.map(one => ({ ...one, name: one.run_id, status: 'finished', owner: 'scientist', cell_sha256: null, metrics: {} }));
    const octavo = fakeOctavo(
      new FakeServer({
        [`${BASE}/runs/${RUN}`]: () => detail,
        [`${BASE}/runs/${RUN}/notebook`]: () => link({ saved: 'changed', notes: ['It was changed.'] }),
        [`${BASE}/cells`]: () => ({ notebook: 'flights/train.ipynb', items: [{ cell: 'fit', total: 4, runs: past }], complete: true, as_of: AT, stale: null })
      })
    );
    const done: string[] = [];
    const note = (what: string) => (...args: unknown[]) => void done.push(`${what} ${JSON.stringify(args[1])}`);
    const actions = { register: note('register'), deploy: note('deploy'), openNotebook: () => void done.push('open'), compareNotebooks: note('compare') };
    const model = new RunModel(octavo, { project: 'flights', id: RUN });
    render(<RunPageView model={model} octavo={octavo} actions={actions} />);
    fireEvent.click(await screen.findByText('Open notebook version'));
    fireEvent.click(await screen.findByText('Compare with the run before'));
    expect(done).toEqual(['open', `compare ["r2","${RUN}"]`]);
    expect(screen.getAllByText(/0\.01 €/).length).toBe(2);
    expect(screen.getByText('number 2, changed since the last save')).toBeTruthy();
    expect(screen.getByText(HOSTILE)).toBeTruthy();
    expect(screen.queryByText('octavo.profile')).toBeNull();
    expect(screen.getByText('Open in MLflow').getAttribute('href')).toBe('http://mlflow/run');
    await until(() => document.querySelector('img') === null);
    model.dispose();
  });
});
