/** A stretch of an axis; the first is never beyond the second. */
export type Span = readonly [number, number];

/** Turns values into places; log scales have no place for what is not above zero. */
export interface IScale {
  readonly place: (value: number) => number;
  readonly value: (place: number) => number;
  readonly ticks: readonly number[];
}

/** Where in a span a value stands, 0 at its begin and 1 at its end; spans up to the largest numbers don't overflow. */
export function share(value: number, span: Span): number {
  const width = span[1] / 2 - span[0] / 2;
  return width > 0 ? (value / 2 - span[0] / 2) / width : 0.5;
}

/** The value at a share of a span. */
export function at(part: number, span: Span): number {
  return span[0] * (1 - part) + span[1] * part;
}

/** A scale in equal steps. */
export function linear(span: Span, places: Span, ticks = 5): IScale {
  return {
    place: value => at(share(value, span), places),
    value: place => at(share(place, places), span),
    ticks: roundTicks(span, ticks)
  };
}

/** A scale in equal factors; `span` is above zero. */
export function logarithmic(span: Span, places: Span): IScale {
  const logs: Span = [Math.log10(span[0]), Math.log10(span[1])];
  return {
    place: value => (value > 0 ? at(share(Math.log10(value), logs), places) : NaN),
    value: place => 10 ** at(share(place, places), logs),
    ticks: powers(logs)
  };
}

/** Round numbers within a span, about `count` of them; its ends where there is no round one. */
export function roundTicks(span: Span, count: number): number[] {
  const width = span[1] - span[0];
  if (!(width > 0) || !Number.isFinite(width)) {
    return span[0] === span[1] ? [span[0]] : [span[0], at(0.5, span), span[1]];
  }
  const raw = width / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find(one => one * power >= raw) ?? 10);
  const first = Math.ceil(span[0] / step);
  const last = Math.floor(span[1] / step);
  if (!(step > 0) || !Number.isFinite(first) || last < first || last - first > 4 * count) {
    return [span[0], span[1]];
  }
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function powers(logs: Span): number[] {
  const first = Math.ceil(logs[0] - 1e-9);
  const last = Math.floor(logs[1] + 1e-9);
  if (last <= first) {
    return [10 ** logs[0], 10 ** logs[1]];
  }
  const step = Math.max(1, Math.ceil((last - first) / 6));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, index) => 10 ** (first + index * step));
}

/** A span with room at both ends, so that no line runs on the frame; a single value gets a span around it. */
export function padded(span: Span): Span {
  if (span[0] === span[1]) {
    const room = Math.max(Math.abs(span[0]) * 0.1, 0.5);
    return [span[0] - room, span[1] + room];
  }
  const room = (span[1] / 2 - span[0] / 2) * 0.08;
  const low = span[0] - room;
  const high = span[1] + room;
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : span;
}

/** A stretch narrowed (`factor` below 1) or widened around a place in it, kept within `whole`; null for all of it. */
export function zoomed(view: Span, around: number, factor: number, whole: Span): Span | null {
  const part = Math.min(Math.max(share(around, view), 0), 1);
  const full = whole[1] - whole[0];
  const width = Math.max((view[1] - view[0]) * factor, full * 1e-9, Math.abs(around) * 1e-12);
  if (width >= full) {
    return null;
  }
  return within([around - part * width, around + (1 - part) * width], whole);
}

/** A stretch moved by a share of its width, kept within `whole`. */
export function moved(view: Span, by: number, whole: Span): Span {
  const way = (view[1] - view[0]) * by;
  return within([view[0] + way, view[1] + way], whole);
}

function within(view: Span, whole: Span): Span {
  const width = Math.min(view[1] - view[0], whole[1] - whole[0]);
  const low = Math.min(Math.max(view[0], whole[0]), whole[1] - width);
  return [low, low + width];
}
