import type { Run, RunGroup, RunPage } from '../../api/experiments';
import { run, runPage } from '../../testing/records';
import { until } from '../../testing/server';
import { Lines } from '../table/lines';
import type { LoadRuns } from '../table/runPages';
import { PAGE_RUNS, renewed, RunPages } from '../table/runPages';

/** A server of numbered runs that remembers what it was asked and can hold its answers back. */
class Numbered {
  constructor(
    public total: number,
    public revision = 1
  ) {}

  readonly asked: number[] = [];
  readonly signals: AbortSignal[] = [];
  held: Promise<void> | undefined;

  readonly load: LoadRuns = async (offset, limit, signal) => {
    this.asked.push(offset / PAGE_RUNS);
    this.signals.push(signal);
    await this.held;
    signal.throwIfAborted();
    return this.page(offset, limit);
  };

  page(offset: number, limit: number): RunPage {
    const items = Array.from({ length: Math.max(0, Math.min(limit, this.total - offset)) }, (_, at) => this.run(offset + at));
    return { ...runPage(...items), offset, total: this.total, revision: this.revision };
  }

  run(at: number): Run {
    return run({ run_id: `run-${this.total - at}`, name: `train #${this.total - at}` });
  }
}

async function filled(server: Numbered): Promise<RunPages> {
  const pages = new RunPages(server.load);
  await pages.reload(0, 40, new AbortController().signal);
  return pages;
}

describe('pages of runs', () => {
  it('loads what is seen and what lies ahead, each once', async () => {
    const server = new Numbered(100_000);
    const pages = await filled(server);
    expect(pages.total).toBe(100_000);
    pages.want(0, 40);
    pages.want(0, 41);
    await until(() => pages.at(150)?.name === 'train #99850');
    expect(server.asked).toEqual([0, 1]);
    pages.dispose();
  });

  it('cancels what was scrolled past before it came', async () => {
    const server = new Numbered(100_000);
    const pages = await filled(server);
    let release = (): void => undefined;
    server.held = new Promise(resolve => (release = resolve));
    pages.want(50_000, 50_040);
    expect(server.asked).toContain(500);
    pages.want(90_000, 90_040);
    await until(() => server.asked.includes(900));
    expect(server.signals[server.asked.indexOf(500)]?.aborted).toBe(true);
    release();
    await until(() => pages.at(90_000) !== undefined);
    expect(pages.at(50_000)).toBeUndefined();
    pages.dispose();
  });

  it('asks no more often than it must while a person scrolls fast', async () => {
    const server = new Numbered(100_000);
    const pages = await filled(server);
    for (let line = 0; line < 90_000; line += 500) {
      pages.want(line, line + 40);
    }
    await until(() => pages.at(89_500) !== undefined);
    expect(server.asked.length).toBeLessThan(8);
    pages.dispose();
  });

  it('keeps what it has when nothing has changed, and forgets it when something has', async () => {
    const server = new Numbered(1000);
    const pages = await filled(server);
    pages.want(500, 540);
    await until(() => pages.at(500) !== undefined);
    await pages.reload(0, 40, new AbortController().signal);
    expect(pages.at(500)).toBeDefined();
    server.revision = 2;
    await pages.reload(0, 40, new AbortController().signal);
    expect(pages.at(500)).toBeUndefined();
    pages.dispose();
  });

  it('says why more could not be loaded, and recovers', async () => {
    const server = new Numbered(1000);
    const pages = await filled(server);
    server.held = Promise.reject(new Error('lost'));
    pages.want(500, 540);
    await until(() => pages.error?.message === 'lost');
    server.held = undefined;
    await pages.reload(500, 540, new AbortController().signal);
    expect(pages.error).toBeUndefined();
    expect(pages.at(500)).toBeDefined();
    pages.dispose();
  });

  it('takes in a change of a run, and keeps what the event does not carry', () => {
    const old = run({ metrics: { auc: 0.5, loss: 1 }, params: { depth: '3' }, deltas: { auc: 0.1 }, baseline: false });
    const next = renewed(old, run({ status: 'running', metrics: { auc: 0.75 }, params: {}, deltas: {} }));
    expect(next).toMatchObject({ status: 'running', metrics: { auc: 0.75, loss: 1 }, params: { depth: '3' } });
    expect(next.deltas?.['auc']).toBeCloseTo(0.35);
  });
});

describe('lines of grouped runs', () => {
  const group = (value: string, runs: number): RunGroup => ({ value, label: value, filter: `owner = "${value}"`, runs, live: 0, last_run_at: null, metrics: {} });

  it('are the groups, with the runs of those that are open', async () => {
    const servers = new Map([
      ['ann', new Numbered(3)],
      ['bo', new Numbered(250)]
    ]);
    const lines = new Lines({
      runs: one => (servers.get(one?.label ?? '') as Numbered).load,
      groups: () => Promise.resolve({ items: [group('ann', 3), group('bo', 250)], total: 2, runs: 253, as_of: null })
    });
    await lines.reload(0, 60, new AbortController().signal);
    expect(lines.total).toBe(2);
    lines.toggle(1);
    lines.want(0, 60);
    await until(() => lines.at(2).kind === 'run' && lines.placeOf('run-250') === 2);
    expect(lines.total).toBe(252);
    lines.toggle(0);
    expect(lines.total).toBe(255);
    expect(lines.at(4)).toMatchObject({ kind: 'group', open: true });
    expect(lines.placeOf('run-250')).toBe(5);
    expect((await lines.between(0, 10, new AbortController().signal)).length).toBe(8);
    await lines.reload(0, 60, new AbortController().signal);
    expect(lines.at(4)).toMatchObject({ kind: 'group', open: true });
    lines.toggle(4);
    expect(lines.total).toBe(5);
    lines.dispose();
  });
});
