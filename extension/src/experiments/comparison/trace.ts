import type { Curve } from '../../api/comparison';
import type { IScale, Span } from './scale';
import { share } from './scale';

/** What of a curve is drawn. */
export interface ITrace {
  readonly line: string;
  /** Between the smallest and the largest value of each bucket; empty where each bucket is one value. */
  readonly band: string;
  /** The smoothed line, empty without smoothing. */
  readonly smooth: string;
  /** Values without a neighbour, which no line shows. */
  readonly dots: string;
  /** Places where values are no finite number. */
  readonly gaps: readonly number[];
}

/** Thousandths of the whole axis after which a smoothed line forgets by its factor once. */
const SMOOTH_STEPS = 1000;

/** Smooth a line by how far apart its points stand, so that it looks the same at any zoom; gaps begin anew. */
export function smoothed(x: readonly number[], mean: readonly (number | null)[], weight: number, whole: Span): (number | null)[] {
  let last: number | null = null;
  let before = 0;
  return mean.map((value, index) => {
    const here = x[index] ?? 0;
    if (value === null) {
      last = null;
      return null;
    }
    const steps = Math.max((share(here, whole) - share(before, whole)) * SMOOTH_STEPS, 0);
    const kept: number = last === null ? 0 : weight ** Math.max(steps, 1e-3);
    last = last === null ? value : last * kept + value * (1 - kept);
    before = here;
    return last;
  });
}

/** The smallest and the largest finite value within a stretch of the axis; null without one. */
export function extent(curves: readonly Curve[], view: Span, positive: boolean): Span | null {
  let low = Infinity;
  let high = -Infinity;
  for (const curve of curves) {
    const lows = curve.exact ? curve.mean : curve.low;
    const highs = curve.exact ? curve.mean : curve.high;
    curve.x.forEach((x, index) => {
      if (x < view[0] || x > view[1]) {
        return;
      }
      const [small, large, mean] = [lows[index] ?? null, highs[index] ?? null, curve.mean[index] ?? null];
      for (const value of [small, large, mean]) {
        if (value !== null && (!positive || value > 0)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    });
  }
  return low <= high ? [low, high] : null;
}

/** The paths of a curve within a stretch; what lies beside it is not drawn, which keeps zooming quick. */
export function trace(curve: Curve, x: IScale, y: IScale, smoothing: number, whole: Span, view: Span): ITrace {
  const from = Math.max(nearest(curve, view[0]) - 1, 0);
  const to = nearest(curve, view[1]) + 2;
  const xs = curve.x.slice(from, to).map(one => x.place(one));
  const mean = curve.mean.slice(from, to);
  const some = curve.exact ? mean.map(value => value === null) : curve.gaps.slice(from, to).map(count => count > 0);
  return {
    line: path(xs, mean, y),
    band: curve.exact ? '' : band(xs, curve.low.slice(from, to), curve.high.slice(from, to), y),
    smooth: smoothing > 0 ? path(xs, smoothed(curve.x, curve.mean, smoothing, whole).slice(from, to), y) : '',
    dots: dots(xs, mean, y),
    gaps: xs.filter((_, index) => some[index])
  };
}

function path(xs: readonly number[], values: readonly (number | null)[], y: IScale): string {
  let text = '';
  let down = false;
  for (let index = 0; index < xs.length; index++) {
    const value = values[index] ?? null;
    const place = value === null ? NaN : y.place(value);
    if (Number.isNaN(place)) {
      down = false;
      continue;
    }
    text += `${down ? 'L' : 'M'}${short(xs[index] ?? 0)},${short(place)}`;
    down = true;
  }
  return text;
}

function dots(xs: readonly number[], values: readonly (number | null)[], y: IScale): string {
  return xs
    .map((x, index) => (placed(values[index], y) && !placed(values[index - 1], y) && !placed(values[index + 1], y) ? `M${short(x)},${short(y.place(values[index] ?? 0))}h0` : ''))
    .join('');
}

/** A stripe for each stretch without gaps: along the high values and back along the low ones. */
function band(xs: readonly number[], low: readonly (number | null)[], high: readonly (number | null)[], y: IScale): string {
  let text = '';
  let begin = 0;
  for (let index = 0; index <= xs.length; index++) {
    const open = index < xs.length && placed(low[index], y) && placed(high[index], y);
    if (open) {
      continue;
    }
    if (index > begin) {
      text += stripe(xs, low, high, y, begin, index);
    }
    begin = index + 1;
  }
  return text;
}

function placed(value: number | null | undefined, y: IScale): boolean {
  return value !== null && value !== undefined && !Number.isNaN(y.place(value));
}

function stripe(xs: readonly number[], low: readonly (number | null)[], high: readonly (number | null)[], y: IScale, from: number, to: number): string {
  let there = '';
  let back = '';
  for (let index = from; index < to; index++) {
    const x = short(xs[index] ?? 0);
    there += `${there ? 'L' : 'M'}${x},${short(y.place(high[index] ?? 0))}`;
    back = `L${x},${short(y.place(low[index] ?? 0))}${back}`;
  }
  return `${there}${back}Z`;
}

function short(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 10) / 10) : '0';
}

/** The index of the bucket nearest to `x`; -1 for an empty curve. */
export function nearest(curve: Curve, x: number): number {
  let low = 0;
  let high = curve.x.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((curve.x[middle] ?? 0) <= x) {
      low = middle;
    } else {
      high = middle;
    }
  }
  if (high < 0) {
    return -1;
  }
  return x - (curve.x[low] ?? 0) <= (curve.x[high] ?? 0) - x ? low : high;
}
