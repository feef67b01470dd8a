import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { OctavoError } from './request';
import { asOctavoError } from './request';

/** What is known about something that is loaded: its last value stays while a newer one is on its way. */
export interface IResourceState<T> {
  readonly value: T | undefined;
  readonly error: OctavoError | undefined;
  readonly loading: boolean;
  /** When the value was loaded. */
  readonly at: Date | undefined;
}

/** A value on the server, the newest answer of it, and a signal when that changes. */
export class Resource<T> implements IDisposable {
  constructor(private readonly _load: (signal: AbortSignal) => Promise<T>) {}

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get state(): IResourceState<T> {
    return this._state;
  }

  get isDisposed(): boolean {
    return this._abort === null;
  }

  /** Load again; an answer that was overtaken by a newer request is dropped. */
  async refresh(): Promise<void> {
    if (this._abort === null) {
      return;
    }
    this._abort.abort();
    const abort = (this._abort = new AbortController());
    this._set({ ...this._state, loading: true });
    try {
      const value = await this._load(abort.signal);
      if (!abort.signal.aborted) {
        this._set({ value, error: undefined, loading: false, at: new Date() });
      }
    } catch (error) {
      if (!abort.signal.aborted) {
        this._set({ ...this._state, error: asOctavoError(error), loading: false });
      }
    }
  }

  /** Forget the value, as when another project is picked, and load anew. */
  async reset(): Promise<void> {
    this._state = { value: undefined, error: undefined, loading: false, at: undefined };
    await this.refresh();
  }

  /** Put a value that is newer than what was loaded, such as the answer to a change. */
  put(value: T): void {
    this._set({ value, error: undefined, loading: false, at: new Date() });
  }

  /** Says whether somebody looks at it; while nobody does, it is not polled. */
  shown: () => boolean = () => true;

  /** Load now and then every `seconds`, slower after failures, not at all while nobody looks. */
  poll(seconds: number): void {
    this._poll?.dispose();
    this._poll = new Poll({
      auto: true,
      name: 'octavo-lab:resource',
      standby: () => document.hidden || (this._state.at !== undefined && !this.shown()),
      frequency: { interval: seconds * 1000, backoff: true, max: 300_000 },
      factory: async () => {
        await this.refresh();
        if (this._state.error) {
          throw this._state.error;
        }
      }
    });
  }

  dispose(): void {
    this._poll?.dispose();
    this._abort?.abort();
    this._abort = null;
    Signal.clearData(this);
  }

  private _set(state: IResourceState<T>): void {
    this._state = state;
    this._changed.emit();
  }

  private _abort: AbortController | null = new AbortController();
  private _poll: Poll | undefined;
  private readonly _changed = new Signal<this, void>(this);
  private _state: IResourceState<T> = { value: undefined, error: undefined, loading: false, at: undefined };
}
