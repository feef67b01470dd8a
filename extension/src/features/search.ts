import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Choices, FacetName, SearchHit, SearchPage } from '../api/features';
import { searchFeatures } from '../api/features';
import type { Requests } from '../request';
import { Resource } from '../resource';

const TYPED_MS = 120;

/** What is searched for: words, and what each facet may be. */
export interface IWish {
  readonly text: string;
  readonly choices: Choices;
}

/** A search as one types: the newest answer wins, more pages are added on demand. */
export class FeatureSearch implements IDisposable {
  constructor(
    private readonly _requests: Requests,
    private readonly _limit: number
  ) {
    this.page = new Resource(signal => searchFeatures(_requests, this._wish.text, this._wish.choices, 0, this._limit, signal));
  }

  /** The first page, with the facets of all that was found. */
  readonly page: Resource<SearchPage>;

  get wish(): IWish {
    return this._wish;
  }

  /** The hits that are shown: the first page and those that were added. */
  get hits(): readonly SearchHit[] {
    return [...(this.page.state.value?.items ?? []), ...this._added];
  }

  /** Emits when the wish or the hits change. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.page.isDisposed;
  }

  /** Search for other words, a moment after the last key. */
  type(text: string): void {
    this._set({ ...this._wish, text });
    window.clearTimeout(this._timer);
    this._timer = window.setTimeout(() => this._start(), TYPED_MS);
  }

  /** Allow or forbid one value of a facet. */
  toggle(facet: FacetName, value: string): void {
    const before = this._wish.choices.get(facet) ?? [];
    this.choose(facet, before.includes(value) ? before.filter(one => one !== value) : [...before, value]);
  }

  /** Let a facet have these values alone; none lifts it. */
  choose(facet: FacetName, values: readonly string[]): void {
    const choices = new Map(this._wish.choices);
    if (values.length > 0) {
      choices.set(facet, values);
    } else {
      choices.delete(facet);
    }
    this._set({ ...this._wish, choices });
    this._start();
  }

  /** Lift all facets but `kept`. */
  clear(kept: readonly FacetName[] = []): void {
    this._set({ ...this._wish, choices: new Map([...this._wish.choices].filter(([name]) => kept.includes(name))) });
    this._start();
  }

  /** Search again with the same wish. */
  refresh(): void {
    this._start();
  }

  /** Add the next page. */
  async more(): Promise<void> {
    const offset = this.hits.length;
    const wish = this._wish;
    const page = await searchFeatures(this._requests, wish.text, wish.choices, offset, this._limit);
    if (wish === this._wish && offset === this.hits.length) {
      this._added = [...this._added, ...page.items];
      this._changed.emit();
    }
  }

  dispose(): void {
    window.clearTimeout(this._timer);
    this.page.dispose();
    Signal.clearData(this);
  }

  private _set(wish: IWish): void {
    this._wish = wish;
    this._changed.emit();
  }

  private _start(): void {
    window.clearTimeout(this._timer);
    void this.page.refresh().then(() => {
      this._added = [];
      this._changed.emit();
    });
  }

  private _wish: IWish = { text: '', choices: new Map() };
  private _added: readonly SearchHit[] = [];
  private _timer = 0;
  private readonly _changed = new Signal<this, void>(this);
}
