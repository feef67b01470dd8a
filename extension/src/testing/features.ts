import type { ISessionContext } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';

import type { PreviewAnswer, SearchHit, SearchPage } from '../api/features';
import { AT } from './records';
import type { IFrame, ISeenFrames, ISeenRows } from '../features/frames';
import type { IAsker } from '../kernel';

/** What a kernel made for the tests answers: JSON, an error, or how the request ended. */
export type Said = { json: unknown } | { ename: string; evalue: string } | { status: string };

/**
 * A kernel made for the tests.
 *
 * - `says`     what it answers, in order; the last one again and again
 * - `asked`    the requests that it got
 * - `interrupted` how often it was interrupted
 * - `set(status)` and `lose()` change what JupyterLab knows of it; `end()` shuts it down
 */
export class FakeKernel {
  constructor(public says: Said[]) {}

  readonly asked: { code: string; silent: boolean; store_history: boolean; stop_on_error: boolean; allow_stdin: boolean; user_expressions: Record<string, string> }[] = [];
  status = 'idle';
  connectionStatus = 'connected';
  language = 'python';
  readonly statusChanged = new Signal<this, string>(this);
  readonly connectionStatusChanged = new Signal<this, string>(this);
  readonly disposed = new Signal<this, void>(this);
  /** While true, requests are not answered. */
  silent = false;

  interrupted = 0;

  interrupt(): Promise<void> {
    this.interrupted += 1;
    return Promise.resolve();
  }

  get info(): Promise<unknown> {
    return Promise.resolve({ language_info: { name: this.language } });
  }

  set(status: string): void {
    this.status = status;
    this.statusChanged.emit(status);
  }

  lose(): void {
    this.connectionStatus = 'disconnected';
    this.connectionStatusChanged.emit('disconnected');
  }

  end(): void {
    this._reject?.(new Error('Canceled future for execute_request message before replies were done'));
    this.disposed.emit();
  }

  requestExecute(content: FakeKernel['asked'][number]): { done: Promise<unknown>; dispose: () => void } {
    this.asked.push(content);
    const said = this.says.length > 1 ? this.says.shift() : this.says[0];
    const done = new Promise((resolve, reject) => {
      this._reject = reject;
      if (!this.silent) {
        resolve({ content: reply(said) });
      }
    });
    return { done, dispose: () => undefined };
  }

  /** The kernel as a notebook's. */
  asker(label = 'analysis.ipynb'): IAsker {
    return { label, context: { session: { kernel: this }, isReady: true } as unknown as ISessionContext };
  }

  private _reject: ((error: Error) => void) | undefined;
}

function reply(said: Said | undefined): object {
  if (said && 'status' in said) {
    return { status: said.status };
  }
  const octavo = said && 'json' in said ? { status: 'ok', data: { 'application/json': said.json } } : { status: 'error', ...said };
  return { status: 'ok', user_expressions: { octavo } };
}

/** A live frame. */
export function frame(changes: Partial<IFrame> = {}): IFrame {
  return {
    name: 'flights_june',
    library: 'pandas',
    rows: 28_243,
    width: 3,
    times: [{ name: 'sched_dep_time', naive: true }],
    columns: [
      { name: 'carrier', kind: 'text', type: 'object', index: false },
      { name: 'flight', kind: 'integer', type: 'int64', index: false },
      { name: 'sched_dep_time', kind: 'time', type: 'datetime64[ns]', index: false }
    ],
    problem: '',
    ...changes
  };
}

/** What a kernel is seen to hold. */
export function seen(...frames: IFrame[]): ISeenFrames {
  return { libraries: ['pandas'], frames, left_out: 0 };
}

/** Rows of the frame. */
export function rows(changes: Partial<ISeenRows> = {}): ISeenRows {
  return {
    frame: 'flights_june',
    rows: 28_243,
    keys: [{ name: 'carrier', column: 'carrier', kind: 'text', values: ['UA', 'ZZ'] }],
    time: { column: 'sched_dep_time', naive: true, values: [AT, AT] },
    ...changes
  };
}

/** What the platform joined to them. */
export function joined(changes: Partial<PreviewAnswer> = {}): PreviewAnswer {
  return {
    snapshot: 'ab'.repeat(32),
    rows: [
      { at: AT, cells: [{ value: 6.5, reason: null, detail: '', event_at: AT, readable_from: AT }] },
      { at: AT, cells: [{ value: null, reason: 'no_such_key', detail: 'carrier_delay has no row with this carrier.', event_at: null, readable_from: null }] }
    ],
    features: [
      {
        feature: 'carrier_delay:carrier_delay_mean_3h',
        view: 'carrier_delay',
        column: 'carrier_delay_mean_3h',
        dtype: 'Float64',
        nulls: 1,
        null_rate: 0.5,
        reasons: [{ reason: 'no_such_key', words: 'no such key', rows: 1 }]
      }
    ],
    views: [{ view: 'carrier_delay', ttl_seconds: 21_600, readable_checked: true, proofs: [], keys_known: 1, keys_online: 1 }],
    leaks: [],
    ...changes
  };
}

/** A found view. */
export function hit(changes: Partial<SearchHit> = {}): SearchHit {
  return {
    project: 'flights',
    name: 'carrier_delay',
    description: 'Rolling arrival delay of the carrier.',
    owner: 'flights-data@octavo.example',
    tags: {},
    entities: ['carrier'],
    join_keys: ['carrier'],
    columns: ['carrier_delay_mean_3h'],
    ttl_seconds: 21_600,
    freshness: { newest_event_at: AT, materialized_until: null, checked_at: AT, expected_seconds: 3600, expected_by: 'cadence', state: 'fresh' },
    online: true,
    last_used_at: null,
    unused: false,
    matched: [],
    score: 3.5,
    reasons: [],
    use_points: 0,
    columns_matched: [],
    more_columns: 0,
    ...changes
  };
}

/** What a search found. */
export function searchPage(items: SearchHit[], changes: Partial<SearchPage> = {}): SearchPage {
  return { items, total: items.length, columns_total: items.length, next_offset: null, facets: [], unknown_words: [], ...changes };
}
