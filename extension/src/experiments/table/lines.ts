import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Run, RunGroup, RunGroups, RunPage } from '../../api/experiments';
import type { OctavoError } from '../../request';
import type { LoadRuns } from './runPages';
import { RunPages } from './runPages';

/** One line of the table: a run, which may still be loading, or the head of a group. */
export type Line =
  | { readonly kind: 'run'; readonly run: Run | undefined }
  | { readonly kind: 'group'; readonly group: RunGroup; readonly open: boolean };

/** Where lines come from. */
export interface ILineSource {
  /** Runs of one group, or all of them for null. */
  readonly runs: (group: RunGroup | null) => LoadRuns;
  /** Without it the table isn't grouped. */
  readonly groups: ((signal: AbortSignal) => Promise<RunGroups>) | null;
}

/** What is known after lines were loaded. */
export interface ILoaded {
  /** How many runs match, in all groups. */
  readonly runs: number;
  /** How many groups there are; null when the table isn't grouped. */
  readonly groups: number | null;
  /** The newest page; undefined while every group is folded. */
  readonly page: RunPage | undefined;
}

interface ISection {
  readonly group: RunGroup | null;
  /** Undefined while the group is folded. */
  pages: RunPages | undefined;
  /** The line it begins at. */
  start: number;
}

/** The table's lines by their place: runs in their order, or groups with the runs of those that are open. */
export class Lines implements IDisposable {
  constructor(private readonly _source: ILineSource) {
    this._sections = _source.groups ? [] : [this._open({ group: null, pages: undefined, start: 0 })];
  }

  /** How many lines there are. */
  get total(): number {
    const last = this._sections[this._sections.length - 1];
    return last ? last.start + length(last) : 0;
  }

  get isGrouped(): boolean {
    return this._source.groups !== null;
  }

  /** Emits when lines have come, changed or gone. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Why lines that are seen could not be loaded. */
  get error(): OctavoError | undefined {
    return this._sections.find(section => section.pages?.error)?.pages?.error;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The line at a place. */
  at(index: number): Line {
    const section = this._sections[this._sectionAt(index)];
    const place = section ? index - section.start : 0;
    if (section?.group && place === 0) {
      return { kind: 'group', group: section.group, open: section.pages !== undefined };
    }
    return { kind: 'run', run: section?.pages?.at(place - head(section)) };
  }

  /** The line of a run among those that are loaded; -1 when it isn't. */
  placeOf(runId: string): number {
    for (const section of this._sections) {
      const place = section.pages?.placeOf(runId) ?? -1;
      if (place >= 0) {
        return section.start + head(section) + place;
      }
    }
    return -1;
  }

  /** Say which lines are seen now. */
  want(first: number, end: number): void {
    for (const [section, from, to] of this._within(first, end)) {
      section.pages?.want(from, to);
    }
  }

  /** Load what is seen anew; groups that are open stay open. */
  async reload(first: number, end: number, signal: AbortSignal): Promise<ILoaded> {
    const groups = await this._source.groups?.(signal);
    if (groups) {
      signal.throwIfAborted();
      this._regroup(groups.items);
    }
    const seen = this._within(first, end).filter(([section]) => section.pages);
    const pages = await Promise.all(seen.map(([section, from, to]) => section.pages?.reload(from, to, signal)));
    const page = pages[pages.length - 1];
    this._count();
    return { runs: groups?.runs ?? page?.total ?? 0, groups: groups?.total ?? null, page };
  }

  /** Unfold the group at a line, or fold it. */
  toggle(index: number): void {
    const section = this._sections[this._sectionAt(index)];
    if (section?.group && section.pages) {
      section.pages.dispose();
      section.pages = undefined;
    } else if (section?.group) {
      this._open(section);
    }
    this._count();
  }

  /** The runs from one line to another, loading those that aren't there. */
  async between(first: number, end: number, signal: AbortSignal): Promise<Run[]> {
    const parts = this._within(first, end).map(([section, from, to]) => section.pages?.between(from, to, signal) ?? []);
    return (await Promise.all(parts)).flat();
  }

  /** Put a run that has changed into its place; false when it isn't loaded. */
  patch(run: Run): boolean {
    return this._sections.map(section => section.pages?.patch(run) ?? false).includes(true);
  }

  dispose(): void {
    this._isDisposed = true;
    this._sections.forEach(section => section.pages?.dispose());
    Signal.clearData(this);
  }

  private _open(section: ISection): ISection {
    section.pages = new RunPages(this._source.runs(section.group), section.group?.runs ?? 0);
    section.pages.changed.connect(this._count, this);
    return section;
  }

  /** Put the groups as they are now; the runs of those that were open are kept until newer ones come. */
  private _regroup(groups: readonly RunGroup[]): void {
    const open = new Map(this._sections.map(section => [section.group?.filter, section.pages]));
    const kept = new Set(groups.map(group => group.filter));
    this._sections.filter(section => !kept.has(section.group?.filter ?? '')).forEach(section => section.pages?.dispose());
    this._sections = groups.map(group => ({ group, pages: open.get(group.filter), start: 0 }));
    this._place();
  }

  private _count(): void {
    this._place();
    this._changed.emit();
  }

  private _place(): void {
    let start = 0;
    for (const section of this._sections) {
      section.start = start;
      start += length(section);
    }
  }

  /** The sections that lie between two lines, each with its own places of runs. */
  private _within(first: number, end: number): [ISection, number, number][] {
    const found: [ISection, number, number][] = [];
    for (let at = this._sectionAt(first); at < this._sections.length; at++) {
      const section = this._sections[at];
      if (!section || (section.start >= end && section.group)) {
        break;
      }
      const before = section.start + head(section);
      const from = Math.max(0, first - before);
      const to = section.group ? Math.min(end - before, section.pages?.total ?? 0) : end - before;
      if (to > from) {
        found.push([section, from, to]);
      }
    }
    return found;
  }

  /** The last section that begins at or before a line. */
  private _sectionAt(index: number): number {
    let low = 0;
    let high = this._sections.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this._sections[middle]?.start ?? 0) <= index) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return Math.max(0, low);
  }

  private _sections: ISection[];
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}

function head(section: ISection | undefined): number {
  return section?.group ? 1 : 0;
}

function length(section: ISection): number {
  return head(section) + (section.pages?.total ?? 0);
}
