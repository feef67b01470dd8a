import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Run, RunPage } from '../../api/experiments';
import type { OctavoError } from '../../request';
import { asOctavoError } from '../../request';
import { valueOf } from '../components/runs';

/** Runs of one request. */
export const PAGE_RUNS = 100;
/** Pages that are kept; those farthest from what is seen go first. */
const MOST_PAGES = 60;
/** While a person scrolls fast, what is seen is asked for this often. */
const ASK_EVERY_MS = 90;

/** Asks for `limit` runs from `offset`. */
export type LoadRuns = (offset: number, limit: number, signal: AbortSignal) => Promise<RunPage>;

/** Runs by their place in the asked order: what is seen is loaded first, what lies ahead next, what was scrolled past is cancelled. */
export class RunPages implements IDisposable {
  constructor(
    private readonly _load: LoadRuns,
    private _total = 0
  ) {}

  /** How many runs there are; what was told before, until the first answer. */
  get total(): number {
    return this._total;
  }

  /** Emits when runs have come, changed or gone. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Why the last request for more failed; undefined once one was answered. */
  get error(): OctavoError | undefined {
    return this._error;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The run at a place, if it is loaded. */
  at(index: number): Run | undefined {
    return this._pages.get(Math.floor(index / PAGE_RUNS))?.[index % PAGE_RUNS];
  }

  /** The place of a run among those that are loaded; -1 when it isn't. */
  placeOf(runId: string): number {
    for (const [page, runs] of this._pages) {
      const at = runs.findIndex(run => run.run_id === runId);
      if (at >= 0) {
        return page * PAGE_RUNS + at;
      }
    }
    return -1;
  }

  /** Say which places are seen now; they and the page ahead are loaded. */
  want(first: number, end: number): void {
    const [from, to] = pagesOf(first, end, this._total);
    const ahead = first < this._seen[0] ? from - 1 : to + 1;
    this._seen = [first, end];
    const last = Math.max(0, Math.ceil(this._total / PAGE_RUNS) - 1);
    this._wanted = [...range(from, to), ...(ahead >= 0 && ahead <= last ? [ahead] : [])];
    if (this._wanted.every(page => this._pages.has(page) || this._underWay.has(page))) {
      return;
    }
    const wait = this._askedAt + ASK_EVERY_MS - performance.now();
    if (wait <= 0) {
      this._ask();
    } else {
      this._timer ??= window.setTimeout(() => this._ask(), wait);
    }
  }

  /** Load what is seen anew, and forget the rest where any run has changed. */
  async reload(first: number, end: number, signal: AbortSignal): Promise<RunPage> {
    const [from, to] = pagesOf(first, end, this._total);
    const answers = await Promise.all(range(from, to).map(page => this._load(page * PAGE_RUNS, PAGE_RUNS, signal)));
    signal.throwIfAborted();
    const newest = answers[answers.length - 1] as RunPage;
    if (newest.revision !== this._revision || newest.total !== this._total) {
      this._cancel(() => true);
      this._pages.clear();
    }
    answers.forEach((answer, at) => this._pages.set(from + at, answer.items));
    this._total = newest.total;
    this._revision = newest.revision;
    this._error = undefined;
    this._changed.emit();
    return newest;
  }

  /** Every run from one place to another, loading what isn't there. */
  async between(first: number, end: number, signal: AbortSignal): Promise<Run[]> {
    const missing = range(...pagesOf(first, end, this._total)).filter(page => !this._pages.has(page));
    await Promise.all(missing.map(page => this._fetch(page, signal)));
    return range(first, end - 1)
      .map(index => this.at(index))
      .filter(run => run !== undefined);
  }

  /** Put a run that has changed into its place; false when it isn't loaded. */
  patch(run: Run): boolean {
    for (const runs of this._pages.values()) {
      const at = runs.findIndex(one => one.run_id === run.run_id);
      const old = runs[at];
      if (old) {
        runs[at] = renewed(old, run);
        this._changed.emit();
        return true;
      }
    }
    return false;
  }

  dispose(): void {
    this._isDisposed = true;
    this._cancel(() => true);
    window.clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private _ask(): void {
    window.clearTimeout(this._timer);
    this._timer = undefined;
    this._askedAt = performance.now();
    const wanted = this._wanted;
    this._cancel(page => !wanted.includes(page));
    for (const page of wanted) {
      if (!this._pages.has(page) && !this._underWay.has(page)) {
        const abort = new AbortController();
        this._underWay.set(page, abort);
        this._fetch(page, abort.signal)
          .catch(error => this._fail(error, abort.signal))
          .finally(() => this._underWay.get(page) === abort && this._underWay.delete(page));
      }
    }
  }

  private async _fetch(page: number, signal: AbortSignal): Promise<void> {
    const answer = await this._load(page * PAGE_RUNS, PAGE_RUNS, signal);
    if (signal.aborted || this._isDisposed) {
      return;
    }
    this._pages.set(page, answer.items);
    this._total = answer.total;
    this._error = undefined;
    this._forget(page);
    this._changed.emit();
  }

  private _fail(error: unknown, signal: AbortSignal): void {
    if (!signal.aborted && !this._isDisposed) {
      this._error = asOctavoError(error);
      this._changed.emit();
    }
  }

  private _forget(near: number): void {
    while (this._pages.size > MOST_PAGES) {
      const farthest = [...this._pages.keys()].reduce((a, b) => (Math.abs(a - near) >= Math.abs(b - near) ? a : b));
      this._pages.delete(farthest);
    }
  }

  private _cancel(which: (page: number) => boolean): void {
    for (const [page, abort] of this._underWay) {
      if (which(page)) {
        abort.abort();
        this._underWay.delete(page);
      }
    }
  }

  private readonly _pages = new Map<number, Run[]>();
  private readonly _underWay = new Map<number, AbortController>();
  private readonly _changed = new Signal<this, void>(this);
  private _seen: readonly [number, number] = [0, 0];
  private _wanted: readonly number[] = [];
  private _askedAt = -Infinity;
  private _timer: number | undefined;
  private _revision = -1;
  private _error: OctavoError | undefined;
  private _isDisposed = false;
}

/** A run as it is now; what an event doesn't carry stays as it was, and differences from the baseline follow the metrics. */
export function renewed(old: Run, run: Run): Run {
  const deltas = Object.entries(old.deltas ?? {}).map(([name, delta]): [string, number] => {
    const [before, after] = [valueOf(old.metrics, name), valueOf(run.metrics, name)];
    return [name, typeof before === 'number' && typeof after === 'number' ? delta + after - before : delta];
  });
  return {
    ...old,
    ...run,
    baseline: old.baseline,
    deltas: Object.fromEntries(deltas),
    metrics: { ...old.metrics, ...run.metrics },
    params: { ...old.params, ...run.params },
    tags: { ...old.tags, ...run.tags }
  };
}

function pagesOf(first: number, end: number, total: number): [number, number] {
  const last = total > 0 ? Math.min(end, total) - 1 : end - 1;
  const from = Math.floor(Math.min(first, Math.max(last, 0)) / PAGE_RUNS);
  return [from, Math.max(from, Math.floor(Math.max(last, 0) / PAGE_RUNS))];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
