import type { ComparedField } from '../../../api/comparison';
import { groupClass } from '../../components/ParallelLegend';
import { axesOf, firstAxes, groupsOf, picked } from '../parallel';

function field(kind: ComparedField['kind'], name: string, values: ComparedField['values']): ComparedField {
  return { kind, name, values, differs: values.some(value => value !== values[0]), delta: null };
}

describe('parallel axes', () => {
  const axes = axesOf([
    field('param', 'depth', ['3', '5', null]),
    field('param', 'booster', ['dart', 'gbtree', 'dart']),
    field('param', 'seed', ['7', '7', '7']),
    field('tag', 'team', ['a', 'b', 'c']),
    field('metric', 'auc', [0.7, 'not a finite number', 0.9])
  ]);

  it('are what differs of parameters and metrics, in numbers where all are', () => {
    expect(axes.map(axis => [axis.name, axis.span])).toEqual([
      ['depth', [3, 5]],
      ['booster', null],
      ['auc', [0.7, 0.9]]
    ]);
    expect(axes.map(axis => axis.places)).toEqual([
      [0, 1, null],
      [0, 1, 0],
      [0, null, 1]
    ]);
    expect(axes[1]?.texts).toEqual(['dart', 'gbtree']);
  });

  it('begin with some parameters and the leading metrics', () => {
    const many = axesOf([...Array.from({ length: 9 }, (_, n) => field('param', `p${n}`, ['1', '2'])), field('metric', 'a', [1, 2]), field('metric', 'b', [1, 2])]);
    expect(firstAxes(many, names => names.slice(1))).toEqual(['param p0', 'param p1', 'param p2', 'param p3', 'param p4', 'metric b']);
  });

  it('pick runs that lie in every stretch; a run without the value lies in none', () => {
    const brushes = new Map([['param depth', [0, 0.5] as const]]);
    expect([0, 1, 2].map(run => picked(axes, brushes, run))).toEqual([true, false, false]);
    expect([0, 1, 2].map(run => picked(axes, new Map(), run))).toEqual([true, true, true]);
  });

  it('group runs by a metric, each group with its range', () => {
    const [axis] = axesOf([field('metric', 'auc', [5, 1, 2, 3, 4, null, 10, 1])]);
    const { groups, ranges } = groupsOf(axis, 8);
    expect(groups).toEqual([4, 0, 1, 2, 3, null, 4, 0]);
    expect(ranges).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
      [4, 4],
      [5, 10]
    ]);
    expect(groupsOf(undefined, 2)).toEqual({ groups: [null, null], ranges: [] });
  });

  it('draw the largest values most strongly, however few groups there are', () => {
    const looks = (count: number): string[] => Array.from({ length: count }, (_, group) => groupClass(group, count).slice(-1));
    expect([1, 2, 3, 4, 5].map(looks)).toEqual([['4'], ['0', '4'], ['0', '2', '4'], ['0', '1', '3', '4'], ['0', '1', '2', '3', '4']]);
    expect(groupClass(null, 3)).toBe('jp-mod-nogroup');
  });
});
