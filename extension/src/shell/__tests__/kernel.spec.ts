import { FakeKernel } from '../../testing/features';
import { until } from '../../testing/server';
import type { Waiting } from '../../kernel';
import { askKernel, expression } from '../../kernel';

const SEEN = { libraries: [], frames: [], left_out: 0 };

function asking(kernel: FakeKernel | null): { promise: Promise<unknown>; waits: Waiting[]; abort: AbortController } {
  const abort = new AbortController();
  const waits: Waiting[] = [];
  const promise = askKernel(kernel?.asker() ?? null, { keys: ['carrier'] }, { signal: abort.signal, onWait: one => waits.push(one) });
  promise.catch(() => undefined);
  return { promise, waits, abort };
}

describe('asking a kernel', () => {
  it('asks silently, outside of the history, and reads one expression', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    expect(await asking(kernel).promise).toEqual(SEEN);
    expect(kernel.asked).toEqual([
      {
        code: '',
        silent: true,
        store_history: false,
        allow_stdin: false,
        stop_on_error: false,
        user_expressions: { octavo: '__import__("octavo.frames", fromlist=["look"]).look("{\\"keys\\":[\\"carrier\\"]}")' }
      }
    ]);
  });

  it('keeps whatever a name holds inside one text', () => {
    const hostile = '"]); __import__("os").system("x") #\n\u202e\\';
    const literal = /look\((".*")\)$/s.exec(expression({ keys: [hostile] }))?.[1] ?? '';
    expect(JSON.parse(JSON.parse(literal))).toEqual({ keys: [hostile] });
  });

  it('can ask somebody else in the kernel', () => {
    expect(expression({}, { module: 'octavo.variables', call: 'log' })).toBe('__import__("octavo.variables", fromlist=["log"]).log("{}")');
  });

  it('sends nothing while the kernel is busy, and asks when it is idle', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.status = 'busy';
    const { promise, waits } = asking(kernel);
    await until(() => waits.includes('busy'));
    expect(kernel.asked).toHaveLength(0);
    kernel.set('idle');
    expect(await promise).toEqual(SEEN);
    expect(waits).toEqual(['busy', 'answer']);
  });

  it('waits for a kernel that starts', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.status = 'starting';
    const { promise, waits } = asking(kernel);
    await until(() => waits.includes('starting'));
    kernel.set('idle');
    expect(await promise).toEqual(SEEN);
  });

  it('can be taken back while it waits; nothing is sent then', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.status = 'busy';
    const { promise, abort } = asking(kernel);
    abort.abort();
    await expect(promise).rejects.toMatchObject({ code: 'cancelled' });
    kernel.set('idle');
    expect(kernel.asked).toHaveLength(0);
  });

  it('asks once more when a failed cell took the request along', async () => {
    const kernel = new FakeKernel([{ status: 'aborted' }, { json: SEEN }]);
    expect(await asking(kernel).promise).toEqual(SEEN);
    expect(kernel.asked).toHaveLength(2);
  });

  it('says that no notebook is open', async () => {
    await expect(asking(null).promise).rejects.toMatchObject({ message: 'No notebook is open.' });
  });

  it('says that a notebook has no kernel', async () => {
    const asker = { label: 'a.ipynb', context: { session: null, isReady: true } };
    const asked = askKernel(asker, {}, { signal: new AbortController().signal, onWait: () => undefined });
    await expect(asked).rejects.toMatchObject({ message: 'a.ipynb has no kernel.' });
  });

  it.each([
    ['dead', 'The kernel of analysis.ipynb is dead.'],
    ['terminating', 'The kernel of analysis.ipynb is dead.']
  ])('says that a %s kernel is dead', async (status, message) => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.status = status;
    await expect(asking(kernel).promise).rejects.toMatchObject({ message });
  });

  it('says that a kernel died while it was waited for', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.status = 'busy';
    const { promise, waits } = asking(kernel);
    await until(() => waits.length > 0);
    kernel.set('dead');
    await expect(promise).rejects.toMatchObject({ code: 'kernel_dead' });
  });

  it('says that a kernel was restarted before it answered', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.silent = true;
    const { promise } = asking(kernel);
    await until(() => kernel.asked.length === 1);
    kernel.end();
    await expect(promise).rejects.toMatchObject({ message: 'The kernel of analysis.ipynb was shut down or restarted before it answered.' });
  });

  it('says that the connection is lost', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.status = 'busy';
    const { promise, waits } = asking(kernel);
    await until(() => waits.length > 0);
    kernel.lose();
    await expect(promise).rejects.toMatchObject({ code: 'kernel_lost' });
  });

  it('says which other language a kernel speaks', async () => {
    const kernel = new FakeKernel([{ json: SEEN }]);
    kernel.language = 'R';
    await expect(asking(kernel).promise).rejects.toMatchObject({ message: 'The kernel of analysis.ipynb speaks R.' });
    expect(kernel.asked).toHaveLength(0);
  });

  it('says that the environment has no octavo', async () => {
    const kernel = new FakeKernel([{ ename: 'ModuleNotFoundError', evalue: "No module named 'octavo'" }]);
    await expect(asking(kernel).promise).rejects.toMatchObject({ code: 'no_octavo' });
  });

  it('quotes any other failure', async () => {
    const kernel = new FakeKernel([{ ename: 'MemoryError', evalue: 'too much' }]);
    await expect(asking(kernel).promise).rejects.toMatchObject({ message: 'The kernel of analysis.ipynb could not be looked into: MemoryError: too much.' });
  });
});
