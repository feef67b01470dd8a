import { run } from '../../testing/records';
import { parsed } from '../layoutStore';
import { sameValue } from '../table/clauses';
import { cellOf, columnOf, fieldOf, firstColumns, rangeOf, tipOf } from '../table/columns';
import { boxHeight, LINE_PX, scrollTo, SPARE_LINES, STEP_LINES, stretch, TALLEST_PX, windowAt } from '../table/geometry';
import { stepped } from '../table/keys';
import type { ILayout } from '../table/layout';
import { moved, nudged, ordered, pinned, resized, shown, widthOf } from '../table/layout';
import { added, MOST_PICKED, NOTHING, toggled } from '../table/picking';

const NOW = new Date('2026-01-01T12:05:00Z');

describe('geometry of the table', () => {
  it('draws what is seen and a little around it', () => {
    expect(windowAt(0, 280, 100_000)).toEqual({ first: 0, end: 10 + SPARE_LINES, top: 0, at: 0 });
    expect(windowAt(LINE_PX * 50, 280, 100_000)).toMatchObject({ first: 42, end: 68, top: 50, at: 42 * LINE_PX });
    expect(windowAt(LINE_PX * 99_990, 280, 100_000).end).toBe(100_000);
    expect(windowAt(500, 280, 0)).toMatchObject({ first: 0, end: 0 });
    expect(windowAt(LINE_PX * 50, 280, 100_000, STEP_LINES)).toMatchObject({ first: 42, end: 68 + STEP_LINES });
  });

  it('reaches the last line when there are more than a browser can scroll', () => {
    const total = 5_000_000;
    expect(boxHeight(total)).toBe(TALLEST_PX);
    expect(stretch(100_000, 600)).toBe(1);
    const last = windowAt(TALLEST_PX - 600, 600, total);
    expect(last.end).toBe(total);
    expect(last.at + (last.end - last.first) * LINE_PX).toBeCloseTo(TALLEST_PX, 0);
  });

  it('scrolls no further than it must to show a line', () => {
    expect(scrollTo(5, 0, 280, 1000)).toBe(0);
    expect(scrollTo(10, 0, 280, 1000)).toBe(LINE_PX);
    expect(scrollTo(2, 280, 280, 1000)).toBe(2 * LINE_PX);
  });
});

describe('keys of the table', () => {
  const extent = { lines: 100, cells: 5, page: 10 };

  it('goes by line, page and cell, and stays inside', () => {
    expect(stepped('ArrowDown', false, { line: 0, cell: 2 }, extent)).toEqual({ line: 1, cell: 2 });
    expect(stepped('ArrowUp', false, { line: 0, cell: 2 }, extent)).toEqual({ line: -1, cell: 2 });
    expect(stepped('PageDown', false, { line: 95, cell: 0 }, extent)).toEqual({ line: 99, cell: 0 });
    expect(stepped('End', false, { line: 3, cell: 0 }, extent)).toEqual({ line: 3, cell: 4 });
    expect(stepped('End', true, { line: 3, cell: 0 }, extent)).toEqual({ line: 99, cell: 0 });
    expect(stepped('x', false, { line: 3, cell: 0 }, extent)).toBeNull();
    expect(stepped('constructor', false, { line: 3, cell: 0 }, extent)).toBeNull();
  });
});

describe('columns of the table', () => {
  it('names any field, were it hostile', () => {
    expect(columnOf('params."max depth"')).toMatchObject({ source: 'param', name: 'max depth', title: 'max depth' });
    expect(columnOf(fieldOf('tags.', 'a"b\\c'))).toMatchObject({ source: 'tag', name: 'a"b\\c' });
    expect(columnOf('metrics.__proto__')).toMatchObject({ source: 'metric', name: '__proto__' });
    expect(fieldOf('metrics.', 'val/auc')).toBe('metrics.val/auc');
    expect(fieldOf('metrics.', 'val loss')).toBe('metrics."val loss"');
  });

  it('shows a metric with its bar and its difference from the baseline', () => {
    const one = run({ metrics: { auc: 0.75 }, deltas: { auc: 0.012 } });
    const range = rangeOf({ field: 'metrics.auc', kind: 'metric', name: 'auc', type: 'number', runs: 3, minimum: 0.5, maximum: 1, examples: [] });
    expect(cellOf(one, columnOf('metrics.auc'), range, NOW)).toEqual({ text: '0.75', aside: '+0.012', share: 0.75 });
    expect(tipOf(one, columnOf('metrics.auc'), NOW)).toBe('0.75, +0.012 against the baseline');
    expect(cellOf({ ...one, baseline: true }, columnOf('metrics.auc'), undefined, NOW)).toEqual({ text: '0.75' });
  });

  it('says which numbers are none, and leaves out what a run has not', () => {
    const odd = run({ metrics: { loss: null }, odd: { loss: 'nan' } });
    expect(cellOf(odd, columnOf('metrics.loss'), undefined, NOW).text).toBe('nan');
    expect(cellOf(odd, columnOf('metrics.toString'), undefined, NOW).text).toBe('');
    expect(cellOf(odd, columnOf('params.__proto__'), undefined, NOW).text).toBe('');
    expect(cellOf(odd, columnOf('started'), undefined, NOW).text).toBe('5 min ago');
    expect(tipOf(odd, columnOf('started'), NOW)).toContain('2026-01-01 12:00:00 UTC');
    expect(cellOf(odd, columnOf('cost'), undefined, NOW).text).toBe('0.01 €');
  });

  it('begins with what says most', () => {
    expect(firstColumns(['zeta', 'auc'])).toEqual(['name', 'experiment', 'metrics.auc', 'metrics.zeta', 'started', 'models', 'owner', 'duration', 'cost']);
  });

  it('finds the runs with the same value', () => {
    const one = run({ params: { note: 'say "hi"' }, profile: null });
    expect(sameValue(one, columnOf('params.note'))).toBe('params.note = "say \\"hi\\""');
    expect(sameValue(one, columnOf('profile'))).toBe('profile is null');
    expect(sameValue(one, columnOf('metrics.auc'))).toBeNull();
    expect(sameValue(one, columnOf('started'))).toBeNull();
  });
});

describe('layout of the table', () => {
  const layout: ILayout = { columns: ['name', 'a', 'b', 'c'], pins: ['name'], widths: new Map() };

  it('puts pinned columns first, moves, hides and sizes', () => {
    expect(ordered(pinned(layout, 'c', true))).toEqual(['name', 'c', 'a', 'b']);
    expect(ordered(moved(layout, 'c', 'a'))).toEqual(['name', 'c', 'a', 'b']);
    expect(moved(layout, 'c', 'name').pins).toEqual(['c', 'name']);
    expect(ordered(nudged(layout, 'b', -1))).toEqual(['name', 'b', 'a', 'c']);
    expect(nudged(layout, 'name', 1)).toBe(layout);
    expect(ordered(shown(layout, 'a', false))).toEqual(['name', 'b', 'c']);
    expect(shown(layout, 'd', true).columns).toEqual(['name', 'a', 'b', 'c', 'd']);
    expect(widthOf(resized(layout, 'a', 3), 'a')).toBe(48);
  });

  it('is kept, and what another version wrote is not trusted', () => {
    expect(parsed({ columns: ['a'], pins: [], widths: [['a', 90], ['b'], 3] })).toEqual({ columns: ['a'], pins: [], widths: new Map([['a', 90]]) });
    expect(parsed(null)).toBeUndefined();
    expect(parsed({ columns: [1], pins: [], widths: [] })).toBeUndefined();
  });
});

describe('picking', () => {
  it('picks and lets go, up to the most that one change takes', () => {
    expect([...toggled(toggled(NOTHING, 'a', 1), 'b', 2).runs]).toEqual(['a', 'b']);
    expect(toggled(toggled(NOTHING, 'a', 1), 'a', 1).runs.size).toBe(0);
    const many = Array.from({ length: 2 * MOST_PICKED }, (_, at) => String(at));
    expect(added(NOTHING, many).runs.size).toBe(MOST_PICKED);
  });
});
