import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { NotebookDiff, Parameter } from '../../api/notebooks';
import { card, HOSTILE, lintReport, parameter, release, submission } from '../../testing/records';
import { FakeServer, fakeOctavo, refusal, until } from '../../testing/server';
import { Decision } from '../components/Decision';
import { Diff, diffLine } from '../components/Diff';
import { ParameterFields } from '../components/ParameterFields';
import { fault, parsed, takes, typed } from '../components/parameters';
import { lineName, SubmitForm } from '../components/SubmitForm';
import { ReleaseModel, ReviewModel } from '../model';
import { ReleasePage, ReviewPage, waiting } from '../panel';

const SUBMISSION = 'projects/flights/notebooks/submissions/s1';

const diff: NotebookDiff = {
  base: 'ab'.repeat(32),
  cells: [
    { op: 'same', cell_type: 'markdown', old_index: 0, new_index: 0, lines: [{ op: 'same', text: 'unchanged' }], outputs_changed: false },
    { op: 'changed', cell_type: 'code', old_index: 1, new_index: 1, lines: [{ op: 'removed', text: 'old()' }, { op: 'added', text: HOSTILE }], outputs_changed: true }
  ],
  added: 0,
  removed: 0,
  changed: 1,
  parameters_changed: ['day has a new default'],
  metadata_changed: false
};

describe('parameters', () => {
  const int = parameter({ name: 'rows', type: 'int', default: 3 });
  const bool = parameter({ name: 'dry', type: 'bool', default: false });

  it.each([
    [{ type: 'int', minimum: 1, maximum: 31, unit: 'rows' }, '0', '0 is less than 1 rows.'],
    [{ type: 'int', minimum: 1, maximum: 31, unit: 'rows' }, '100', '100 is more than 31 rows.'],
    [{ type: 'float', maximum: 9.5 }, '10', '10 is more than 9.5.'],
    [{ type: 'date', minimum: '2013-01-01' }, '2012-12-31', '2012-12-31 is less than 2013-01-01.'],
    [{ type: 'str', choices: ['UA', 'AA'] }, 'DL', 'DL is none of UA, AA.']
  ] as const)('%j refuses %s', (changes, value, words) => expect(fault(parameter(changes as Partial<Parameter>), value)).toBe(words));

  it('takes what is within its bounds', () => {
    const bounded = parameter({ type: 'int', default: 3, minimum: 1, maximum: 31, unit: 'rows' });
    expect(['1', '31'].map(value => fault(bounded, value))).toEqual([undefined, undefined]);
    expect(takes(bounded)).toBe('int, at least 1 rows, at most 31 rows, default 3');
  });

  it('begin with what an earlier run was given, else with their defaults', () => {
    expect(typed([parameter(), int], { rows: 7 })).toEqual({ day: '2013-07-01', rows: '7' });
  });

  it.each([
    ['int', '1.5', 'no whole number'],
    ['float', 'NaN', 'no number'],
    ['float', '', 'no number'],
    ['float', '0x10', 'no number'],
    ['float', '1e999', 'no number'],
    ['int', '9007199254740992', 'no whole number'],
    ['date', '2013-02-30', 'no date'],
    ['date', '2013-13-45', 'no date']
  ] as const)('%s refuses %s', (type, value, words) => expect(fault(parameter({ type }), value)).toContain(words));

  it('may be called like something that every object has', () => {
    expect(typed([parameter({ name: 'constructor', type: 'int', default: 3 })])).toEqual({ constructor: '3' });
  });

  it('keep an earlier value that is no choice any more in sight, with what is wrong', () => {
    const carrier = parameter({ name: 'carrier', type: 'str', default: 'UA', unit: 'code', choices: ['UA', 'AA'] });
    const change = jest.fn();
    render(<ParameterFields parameters={[carrier]} values={{ carrier: 'DL' }} onChange={change} />);
    const field = screen.getByLabelText<HTMLSelectElement>('carrier (code)');
    expect(field.value).toBe('DL');
    expect(screen.getByRole('alert').textContent).toBe('DL is none of UA, AA.');
    fireEvent.change(field, { target: { value: 'AA' } });
    expect(change).toHaveBeenCalledWith({ carrier: 'AA' });
  });

  it('are sent as values of their types', () => {
    expect(parsed([parameter(), int, bool], { day: '2013-06-15', rows: '-4', dry: 'true' })).toEqual({ day: '2013-06-15', rows: -4, dry: true });
  });
});

describe('submitting', () => {
  it.each([
    ['flights/Score daily.ipynb', 'score-daily'],
    ['1st try.ipynb', 'st-try'],
    ['ünder.ipynb', 'nder']
  ])('%s becomes the line %s', (path, name) => expect(lineName(path)).toBe(name));

  const lint = { lint: lintReport(), parameters: [parameter()] };

  it('sends what runs may rely on', async () => {
    const sent: object[] = [];
    render(<SubmitForm path="flights/score.ipynb" lint={lint} profiles={[card()]} onCancel={() => undefined} onSubmit={async body => sent.push(body)} />);
    fireEvent.change(screen.getByLabelText('Data it reads'), { target: { value: 'curated, raw' } });
    fireEvent.click(screen.getByText('Submit for review'));
    await until(() => sent.length === 1);
    expect(sent[0]).toMatchObject({ name: 'score', profile: 'cpu-small', data: ['curated', 'raw'], parameters: { day: '2013-07-01' } });
  });

  it('keeps back a notebook with lint errors, and shows them with their remedy', () => {
    const send = jest.fn(() => Promise.resolve());
    const go = jest.fn();
    const finding = { rule: 'unseeded-randomness', severity: 'error' as const, cell: 2, cell_id: null, line: 4, in_output: false, message: 'random() has no seed', fix: 'Call random.seed().' };
    render(<SubmitForm path="a.ipynb" lint={{ ...lint, lint: lintReport({ findings: [finding], errors: 1, left_off: 2 }) }} profiles={[card()]} onCancel={() => undefined} onSubmit={send} onCell={go} />);
    expect(screen.getByText('Call random.seed().')).toBeTruthy();
    expect(screen.getByText('2 more findings are not shown.')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Go to cell 3, line 4' }));
    expect(go).toHaveBeenCalledWith(2);
    fireEvent.click(screen.getByText('Submit for review'));
    expect(send).not.toHaveBeenCalled();
  });
});

describe('a review', () => {
  it('shows what changed, folds what is the same, and runs nothing of it', () => {
    render(<Diff diff={diff} />);
    expect(screen.queryByText(/unchanged/)).toBeNull();
    expect(screen.getByText('day has a new default')).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    fireEvent.click(screen.getByText('Show 1 cell that is the same'));
    expect(screen.getByText(/unchanged/)).toBeTruthy();
    expect(diffLine(diff)).toBe('0 added, 1 changed, 0 removed since the last release');
    expect(diffLine({ ...diff, base: null })).toContain('First release');
  });

  it('unfolds and focuses the cell that a finding speaks of', async () => {
    const seen = jest.fn();
    Element.prototype.scrollIntoView = seen;
    const { rerender } = render(<Diff diff={diff} sought={null} />);
    rerender(<Diff diff={diff} sought={{ cell: 0 }} />);
    await until(() => seen.mock.calls.length === 1);
    expect(document.activeElement?.textContent).toContain('unchanged');
  });

  it('decides only with a sentence, and on exactly what is shown', async () => {
    const decided: object[] = [];
    render(<Decision effect="" digest="d" may because="" approve="Approve" reject="Send back" onDecide={async body => decided.push(body)} />);
    fireEvent.click(screen.getByText('Approve'));
    expect(decided).toEqual([]);
    fireEvent.change(screen.getByLabelText('Reason'), { target: { value: ' Reads only known features. ' } });
    fireEvent.click(screen.getByText('Send back'));
    await until(() => decided.length === 1);
    expect(decided[0]).toEqual({ decision: 'reject', reason: 'Reads only known features.', digest: 'd' });
  });

  it('tells the author why they may not decide', async () => {
    const server = new FakeServer({
      [`GET ${SUBMISSION}`]: () => submission({ may_review: false, may_not_review_because: 'Nobody reviews their own work.' }),
      [`GET ${SUBMISSION}/diff`]: () => diff
    });
    const octavo = fakeOctavo(server);
    const model = new ReviewModel(octavo, { project: 'flights', id: 's1' });
    render(<ReviewPage model={model} octavo={octavo} />);
    expect((await screen.findByRole('note')).textContent).toContain('Nobody reviews their own work.');
    expect(screen.queryByText('Approve')).toBeNull();
    model.dispose();
  });

  it('emits the decision, and other views hear of it', async () => {
    const server = new FakeServer({
      [`GET ${SUBMISSION}`]: () => submission(),
      [`GET ${SUBMISSION}/diff`]: () => diff,
      [`POST ${SUBMISSION}/review`]: () => submission({ state: 'approved', release: 'ab' })
    });
    const octavo = fakeOctavo(server);
    const heard = jest.fn();
    octavo.session.touched.connect(heard);
    const model = new ReviewModel(octavo, { project: 'flights', id: 's1' });
    model.decided.connect((_, one) => heard(one.state));
    await model.decide({ decision: 'approve', reason: 'Fine as it is.', digest: 'd' });
    expect(heard).toHaveBeenCalledWith('approved');
    expect(heard).toHaveBeenCalledTimes(2);
    expect(model.submission.state.value?.state).toBe('approved');
    model.dispose();
  });

  it('lists what waits for somebody', () => {
    const items = [submission(), submission({ id: 's2', state: 'approved' }), submission({ id: 's3', state: 'failed' })];
    expect(waiting({ items, next_cursor: null }).map(one => one.id)).toEqual(['s1', 's3']);
  });
});

describe('a release', () => {
  const PATH = `projects/flights/notebooks/releases/${'ab'.repeat(32)}`;
  const open = (server: FakeServer): void => {
    const octavo = fakeOctavo(server);
    render(<ReleasePage model={new ReleaseModel(octavo, { project: 'flights', digest: 'ab'.repeat(32) })} octavo={octavo} actions={{ run: () => undefined }} />);
  };

  it('is green only once it was verified', async () => {
    open(
      new FakeServer({
        [`GET ${PATH}`]: () => release(),
        [`POST ${PATH}/verify`]: () => ({ digest: 'd', ok: false, checks: [{ name: 'notebook.ipynb', ok: false, detail: 'One byte differs.' }], verified_at: '2026-01-01T12:00:00Z' })
      })
    );
    expect(await screen.findByText('score release 1')).toBeTruthy();
    expect(screen.queryByText('verified just now')).toBeNull();
    fireEvent.click(screen.getByText('Verify now'));
    expect(await screen.findByText('does not verify')).toBeTruthy();
    expect(screen.getByText(/One byte differs/)).toBeTruthy();
  });

  it('that does not exist says so', async () => {
    open(new FakeServer({ [`GET ${PATH}`]: () => refusal(404, 'not_found', 'There is no such release.') }));
    expect((await screen.findByRole('alert')).textContent).toContain('There is no such release.');
  });
});
