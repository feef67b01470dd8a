import type { Curve, Curves } from '../../../api/comparison';
import { runLabels, tickText } from '../labels';
import { linear, logarithmic, moved, padded, roundTicks, share, zoomed } from '../scale';
import { lineStyle } from '../styles';
import { extent, nearest, smoothed, trace } from '../trace';
import { covers, meets, wanted } from '../useCurves';

function curve(changes: Partial<Curve> = {}): Curve {
  return { run_id: 'a', points: 3, missing: 0, truncated: false, stale: false, exact: true, x: [0, 1, 2], mean: [1, 2, 3], low: [], high: [], count: [], gaps: [], ...changes };
}

const BUCKETS = { exact: false, mean: [1, 2, 3], low: [0, 1, -5], high: [2, 9, 4], count: [5, 5, 5], gaps: [0, 1, 0] };

describe('scales', () => {
  it('place values, up to the largest numbers there are', () => {
    expect(share(0, [-1e308, 1e308])).toBe(0.5);
    expect(linear([0, 10], [0, 100]).place(2.5)).toBe(25);
    expect(linear([0, 10], [0, 100]).value(25)).toBe(2.5);
    expect(linear([-1.7e308, 1.7e308], [0, 100]).place(1.7e308)).toBe(100);
    expect(padded([-1.7e308, 1.7e308])).toEqual([-1.7e308, 1.7e308]);
  });

  it('have round ticks', () => {
    expect(roundTicks([0, 10], 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(roundTicks([0.13, 0.27], 3)).toEqual([0.15, 0.2, 0.25]);
    expect(roundTicks([7, 7], 5)).toEqual([7]);
    expect(roundTicks([-1.7e308, 1.7e308], 5)).toEqual([-1.7e308, 0, 1.7e308]);
    expect(logarithmic([1e-3, 1e3], [0, 6]).ticks).toEqual([1e-3, 1e-2, 1e-1, 1, 10, 100, 1000]);
  });

  it('have no place on a log scale for what is not above zero', () => {
    const scale = logarithmic([1, 100], [0, 2]);
    expect(scale.place(10)).toBeCloseTo(1);
    expect([scale.place(0), scale.place(-1)].every(Number.isNaN)).toBe(true);
  });
});

describe('zooming', () => {
  it('keeps what is pointed at in its place, and stays within what there is', () => {
    expect(zoomed([0, 100], 25, 0.5, [0, 100])).toEqual([12.5, 62.5]);
    expect(zoomed([0, 50], 0, 4, [0, 100])).toBeNull();
    expect(moved([0, 50], 0.5, [0, 100])).toEqual([25, 75]);
    expect(moved([50, 100], 1, [0, 100])).toEqual([50, 100]);
  });

  it('asks for more than is seen, and not again while that will do', () => {
    expect(wanted([10, 20])).toEqual({ from: 5, to: 25 });
    expect(wanted(null)).toEqual({});
    const curves: Curves = { metric: 'm', axis: 'step', extent: [0, 100], window: [0, 100], curves: [curve(BUCKETS)] };
    expect(covers(curves, null)).toBe(true);
    expect(covers(curves, [0, 50])).toBe(true);
    expect(covers(curves, [0, 10])).toBe(false);
    expect(covers({ ...curves, curves: [curve()] }, [0, 10])).toBe(true);
    expect(covers({ ...curves, window: [0, 50] }, [40, 60])).toBe(false);
    expect(covers({ ...curves, extent: null, window: null }, [40, 60])).toBe(true);
  });

  it('leaves a metric alone that has nothing where another is looked at', () => {
    const curves: Curves = { metric: 'm', axis: 'step', extent: [0, 100], window: [0, 100], curves: [] };
    expect([meets(curves, [500, 600]), meets(curves, [50, 600]), meets(curves, null)]).toEqual([false, true, true]);
  });
});

describe('lines', () => {
  const x = linear([0, 2], [0, 200]);
  const y = linear([0, 10], [100, 0]);

  it('break at a gap; a value alone is a dot', () => {
    const drawn = trace(curve({ x: [0, 1, 2], mean: [1, null, 3] }), x, y, 0, [0, 2], [0, 2]);
    expect(drawn.line).toBe('M0,90M200,70');
    expect(drawn.dots).toBe('M0,90h0M200,70h0');
    expect(drawn.gaps).toEqual([100]);
  });

  it('are drawn where one looks, with a value at either side', () => {
    const steps = Array.from({ length: 1000 }, (_, step) => step);
    const drawn = trace(curve({ x: steps, mean: steps }), linear([500, 502], [0, 2]), linear([500, 502], [0, 2]), 0, [0, 999], [500, 502]);
    expect(drawn.line).toBe('M-1,-1L0,0L1,1L2,2L3,3');
  });

  it('carry a stripe from the smallest to the largest value', () => {
    const drawn = trace(curve(BUCKETS), x, y, 0, [0, 2], [0, 2]);
    expect(drawn.band).toBe('M0,80L100,10L200,60L200,150L100,90L0,100Z');
    expect(drawn.gaps).toEqual([100]);
    expect(extent([curve(BUCKETS)], [0, 2], false)).toEqual([-5, 9]);
    expect(extent([curve(BUCKETS)], [0, 1], false)).toEqual([0, 9]);
    expect(extent([curve(BUCKETS)], [0, 2], true)).toEqual([1, 9]);
    expect(extent([curve({ mean: [null, null, null] })], [0, 2], false)).toBeNull();
  });

  it('are smoothed by how far apart values stand, anew after a gap', () => {
    expect(smoothed([0, 1, 2], [1, 1, 1], 0.9, [0, 2])).toEqual([1, 1, 1]);
    expect(smoothed([0, 1, 2], [0, null, 8], 0.9, [0, 2])).toEqual([0, null, 8]);
    const close = smoothed([0, 1], [0, 1], 0.9, [0, 1000])[1] ?? 0;
    const far = smoothed([0, 100], [0, 1], 0.9, [0, 1000])[1] ?? 0;
    expect(close).toBeCloseTo(0.1);
    expect(far).toBeGreaterThan(0.99);
  });

  it('find the nearest value', () => {
    expect([-5, 0.4, 0.6, 9].map(place => nearest(curve(), place))).toEqual([0, 0, 1, 2]);
    expect(nearest(curve({ x: [], mean: [] }), 1)).toBe(-1);
  });

  it('look different for each of many runs', () => {
    const looks = Array.from({ length: 36 }, (_, index) => `${lineStyle(index).className} ${lineStyle(index).dash}`);
    expect(new Set(looks).size).toBe(36);
  });
});

describe('words', () => {
  it('write moments that no calendar has as numbers', () => {
    expect(tickText('time', 9e15, [0, 1])).toBe('9.00e+15');
    expect(tickText('relative', 90, [0, 100])).toBe('1 min 30 s');
    expect(tickText('step', 1234, [0, 10_000])).toBe('1,234');
  });

  it('tell runs of one name apart, whatever it is', () => {
    const run = { experiment_id: '1', experiment: 'e', status: 'finished', owner: 'ada', started_at: null, ended_at: null } as const;
    const labels = runLabels([
      { ...run, run_id: 'a'.repeat(32), name: '__proto__' },
      { ...run, run_id: 'b'.repeat(32), name: '__proto__' },
      { ...run, run_id: 'c'.repeat(32), name: '' },
      { ...run, run_id: 'd'.repeat(32), name: 'alone' }
    ]);
    expect([...labels.values()]).toEqual(['__proto__ aaaaaa', '__proto__ bbbbbb', 'cccccc', 'alone']);
  });
});
