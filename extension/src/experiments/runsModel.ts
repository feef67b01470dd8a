import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { Run, RunBaseline, RunField, RunPage, RunView, RunViewRequest } from '../api/experiments';
import { groupRuns, listFields, listRuns, pinBaseline, unpinBaseline } from '../api/experiments';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';
import type { IRunChange, RecentRuns } from './recent';
import { askedFields, columnOf, firstColumns } from './table/columns';
import type { ILayout } from './table/layout';
import { ordered } from './table/layout';
import type { ILoaded } from './table/lines';
import { Lines } from './table/lines';
import type { IPicking } from './table/picking';
import { added, MOST_PICKED, NOTHING, toggled } from './table/picking';

/** Changes of runs are taken in together, this long after the first of them. */
const GATHER_MS = 800;
const MOST_FIELDS = 500;
/** A platform that was just started is asked again this often until it knows its runs. */
const AGAIN_MS = 1500;
const UNAVAILABLE = 503;
/** Lines that are loaded before the table knows how tall it is. */
const FIRST_LINES = 60;

/** Which runs are asked for, and how they stand. */
export interface IAsked {
  readonly experiment: string;
  readonly filter: string;
  /** A field; with a minus before it from the largest to the smallest. */
  readonly order: string;
  /** The field that runs are grouped by; empty for one plain list. */
  readonly group: string;
}

/** What the table says about all of its runs. */
export interface IFound extends ILoaded {
  readonly baselines: readonly RunBaseline[];
  /** Why the list may be out of date. */
  readonly stale: string | null;
  /** Fields of the filter that no run of the project has. */
  readonly nowhere: readonly string[];
}

/** Keeps how the table looks over reloads of the page. */
export interface ILayoutStore {
  read(project: string): Promise<ILayout | undefined>;
  write(project: string, layout: ILayout): void;
}

/** The runs of a project as a table: what is asked for, what was found, what is shown and picked. */
export class RunsModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs,
    private readonly _recent: RecentRuns,
    private readonly _store: ILayoutStore | null = null
  ) {
    this.project = args['project'] ?? '';
    this._asked = { experiment: args['experiment'] ?? '', filter: args['filter'] ?? '', order: '-started', group: '' };
    this._lines = this._makeLines();
    this.found = new Resource(signal => this._load(signal));
    this.fields = new Resource(async signal => this._byField((await listFields(_octavo.requests, this.project, { ...this._scope(), limit: MOST_FIELDS }, signal)).items));
    this.found.changed.connect(this._onFound, this);
    _recent.runChanged.connect(this._onRun, this);
    _octavo.session.touched.connect(this._onTouched, this);
    void this._start();
  }

  readonly project: string;
  /** The first answer to what is asked now, and whether a newer one is on its way. */
  readonly found: Resource<IFound>;
  /** What runs can be filtered, sorted and grouped by, by field. */
  readonly fields: Resource<ReadonlyMap<string, RunField>>;

  get asked(): IAsked {
    return this._asked;
  }

  get lines(): Lines {
    return this._lines;
  }

  /** The columns; none until it is known which metrics there are. */
  get layout(): ILayout {
    return this._layout;
  }

  get picking(): IPicking {
    return this._picking;
  }

  /** The saved view that is shown; null when none is, it may have been changed since. */
  get view(): RunView | null {
    return this._view;
  }

  /** Emits when what is asked for, shown or picked has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emits by how many lines the seen ones moved, so that the table can move with them. */
  get shifted(): ISignal<this, number> {
    return this._shifted;
  }

  get isDisposed(): boolean {
    return this.found.isDisposed;
  }

  /** Ask for other runs, or for another order of them; the picked ones stay picked. */
  ask(change: Partial<IAsked>): void {
    this._asked = { ...this._asked, ...change };
    this._renew(true);
  }

  /** Sort by a field: the largest number first, the other way round on the second call. */
  sort(field: string, down?: boolean): void {
    const first = down ?? (columnOf(field).cell === 'number' || columnOf(field).cell === 'time');
    const again = this._asked.order.replace(/^-/, '') === field && down === undefined;
    const falls = again ? !this._asked.order.startsWith('-') : first;
    this.ask({ order: `${falls ? '-' : ''}${field}` });
  }

  /** Show other columns, or the same otherwise. */
  show(layout: ILayout): void {
    const before = askedFields(this._layout.columns);
    this._layout = layout;
    this._store?.write(this.project, layout);
    if (askedFields(layout.columns).some(field => !before.includes(field))) {
      this._renew(false);
    }
    this._changed.emit();
  }

  /** Say which lines are seen, and which of them is the uppermost. */
  see(first: number, end: number, top: number): void {
    this._seen = [first, end, top];
    this._lines.want(first, end);
  }

  pick(run: string, line: number): void {
    this._picking = toggled(this._picking, run, line);
    this._changed.emit();
  }

  /** Pick every run from the one that was picked last, else from line `start`, to this line. */
  async pickTo(line: number, start = line): Promise<void> {
    const from = this._picking.anchor < 0 ? start : this._picking.anchor;
    this._picking = { ...this._picking, anchor: from };
    await this.pickBetween(Math.min(from, line), Math.max(from, line) + 1);
  }

  /** Pick the runs from one line to another, as many as can be picked at once. */
  async pickBetween(first: number, end: number): Promise<void> {
    const runs = await this._lines.between(first, Math.min(end, first + MOST_PICKED), new AbortController().signal);
    this._picking = added(this._picking, runs.map(run => run.run_id));
    this._changed.emit();
  }

  clearPicked(): void {
    this._picking = NOTHING;
    this._changed.emit();
  }

  /** Compare the runs of an experiment with this one, or with none when it is the baseline already. */
  async baseline(run: Run): Promise<void> {
    await (run.baseline ? unpinBaseline : pinBaseline)(this._octavo.requests, this.project, run.run_id);
    this._octavo.session.touch();
  }

  /** Show runs as a saved view does. */
  apply(view: RunView): void {
    this._view = view;
    const columns = view.columns.length > 0 ? view.columns : this._layout.columns;
    this._layout = { columns, pins: view.pins, widths: this._layout.widths };
    this.ask({ experiment: view.experiment ?? '', filter: view.filter, order: view.order_by, group: view.group_by ?? '' });
  }

  /** What is shown now, as a view to save. */
  described(name: string): RunViewRequest {
    const { experiment, filter, order, group } = this._asked;
    return { name, experiment: experiment || null, filter, order_by: order, columns: ordered(this._layout), pins: [...this._layout.pins], group_by: group || null, version: null };
  }

  /** Remember which saved view is shown. */
  named(view: RunView | null): void {
    this._view = view;
    this._changed.emit();
  }

  toggleGroup(line: number): void {
    this._lines.toggle(line);
    this.see(...this._seen);
  }

  dispose(): void {
    window.clearTimeout(this._timer);
    this._recent.runChanged.disconnect(this._onRun, this);
    this._octavo.session.touched.disconnect(this._onTouched, this);
    this._lines.dispose();
    this.found.dispose();
    this.fields.dispose();
    Signal.clearData(this);
  }

  private async _start(): Promise<void> {
    const kept = await this._store?.read(this.project);
    if (kept && kept.columns.length > 0 && !this.isDisposed) {
      this._layout = kept;
    }
    this.found.poll(this._octavo.session.settings.refreshSeconds);
    void this.fields.refresh();
  }

  private _scope(): { experiment?: string } {
    return this._asked.experiment ? { experiment: this._asked.experiment } : {};
  }

  private _makeLines(): Lines {
    const { requests } = this._octavo;
    const { filter, order, group } = this._asked;
    const lines = new Lines({
      runs: within => (offset, limit, signal) =>
        listRuns(requests, this.project, { ...this._scope(), filter: both(filter, within?.filter), order_by: order, offset, limit, columns: askedFields(this._layout.columns) }, signal),
      groups: group ? signal => groupRuns(requests, this.project, { ...this._scope(), filter, by: group, metrics: this._metrics() }, signal) : null
    });
    lines.changed.connect(() => this._changed.emit());
    return lines;
  }

  private _metrics(): string[] {
    const columns = this._layout.columns.map(columnOf).filter(column => column.source === 'metric');
    return columns.map(column => column.name).slice(0, 10);
  }

  /** Ask anew; what is shown stays until the answer is there. */
  private _renew(fromTop: boolean): void {
    this._next?.dispose();
    this._next = this._makeLines();
    if (fromTop) {
      this._seen = [0, FIRST_LINES, 0];
    }
    this._changed.emit();
    void this.found.refresh();
  }

  private async _load(signal: AbortSignal): Promise<IFound> {
    const lines = this._next ?? this._lines;
    const [first, end, top] = this._seen;
    const anchor = lines === this._lines && top > 0 ? lines.at(top) : undefined;
    if (this._asked.group && this._layout.columns.length === 0) {
      // Grouped before the first page came: folded groups bring no page that says which metrics lead.
      this._layOut(await listRuns(this._octavo.requests, this.project, { ...this._scope(), limit: 1 }, signal));
    }
    const loaded = await lines.reload(first, end, signal);
    signal.throwIfAborted();
    this._replace(lines);
    if (anchor?.kind === 'run' && anchor.run) {
      const place = lines.placeOf(anchor.run.run_id);
      this._shifted.emit(place < 0 ? 0 : place - top);
    }
    this._layOut(loaded.page);
    return { ...loaded, baselines: loaded.page?.baselines ?? [], stale: loaded.page?.stale ?? null, nowhere: loaded.page?.nowhere ?? [] };
  }

  private _replace(lines: Lines): void {
    if (lines !== this._lines) {
      this._lines.dispose();
      this._lines = lines;
      this._next = undefined;
      this._picking = { runs: this._picking.runs, anchor: -1 };
      this._restarted += 1;
    }
  }

  /** How often other runs were asked for; the table scrolls to the top when it changes. */
  get restarted(): number {
    return this._restarted;
  }

  private _layOut(page: Pick<RunPage, 'metrics'> | undefined): void {
    if (this._layout.columns.length === 0 && page) {
      this._layout = { columns: firstColumns(page.metrics), pins: ['name'], widths: new Map() };
    }
    this._changed.emit();
  }

  private _byField(fields: readonly RunField[]): ReadonlyMap<string, RunField> {
    return new Map(fields.map(field => [field.field, field]));
  }

  private _onRun(_: RecentRuns, change: IRunChange): void {
    const there = !change.removed && this._lines.patch(change.run);
    const settled = there && !this._asked.filter && !this._asked.group && this._asked.order === '-started';
    if (!settled) {
      this._soon();
    }
  }

  /** Ask again soon while the platform is only just reading its runs. */
  private _onFound(): void {
    const { value, error, loading } = this.found.state;
    if (value === undefined && !loading && error?.status === UNAVAILABLE) {
      this._soon(AGAIN_MS);
    }
  }

  private _onTouched(): void {
    this._soon();
  }

  private _soon(wait = GATHER_MS): void {
    this._timer ??= window.setTimeout(() => {
      this._timer = undefined;
      if (this.found.state.loading) {
        this._soon();
      } else if (this.found.shown()) {
        void this.found.refresh();
      }
    }, wait);
  }

  private _asked: IAsked;
  private _lines: Lines;
  private _next: Lines | undefined;
  private _layout: ILayout = { columns: [], pins: ['name'], widths: new Map() };
  private _picking: IPicking = NOTHING;
  private _view: RunView | null = null;
  private _seen: [number, number, number] = [0, FIRST_LINES, 0];
  private _restarted = 0;
  private _timer: number | undefined;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _shifted = new Signal<this, number>(this);
}

/** Both of two filters; either may be missing. */
export function both(filter: string, more: string | undefined): string {
  return filter.trim() && more ? `(${filter}) and (${more})` : filter.trim() || (more ?? '');
}
