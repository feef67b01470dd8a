import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';

import { OctavoError } from './request';
import { trans } from './words';

/** What keeps a question to a kernel waiting. */
export type Waiting = 'busy' | 'starting' | 'answer';

/** Where a question is asked: the kernel of a notebook or console. */
export interface IAsker {
  /** What a person calls it: the notebook's name. */
  readonly label: string;
  readonly context: Pick<ISessionContext, 'session' | 'isReady'>;
}

/** Who answers in the kernel: a function of a module that takes one text of JSON. */
export interface IAnswerer {
  readonly module: string;
  readonly call: string;
}

const FRAMES: IAnswerer = { module: 'octavo.frames', call: 'look' };

/** How a question is asked: how it can be taken back, and who hears what it waits for. */
export interface IAskOptions {
  /** Who answers; left out, what sees the kernel's data frames. */
  answerer?: IAnswerer;
  signal: AbortSignal;
  onWait: (waiting: Waiting) => void;
}

type Connection = Pick<Kernel.IKernelConnection, 'status' | 'connectionStatus' | 'statusChanged' | 'connectionStatusChanged' | 'disposed' | 'info' | 'requestExecute'>;

const ABORTED = new Set<string>(['abort', 'aborted']);
const GONE = new Set(['dead', 'terminating']);
const NOT_UP = new Set(['starting', 'restarting', 'autorestarting', 'unknown']);

function problem(code: string, message: string, remedy: string): OctavoError {
  return new OctavoError(0, code, message, remedy, '');
}

/** The error of a question that was taken back. */
export function cancelled(): OctavoError {
  return problem('cancelled', trans.__('You took the question back.'), '');
}

/**
 * Ask a notebook's kernel what `octavo` sees in it: one expression, silent, outside of its history.
 *
 * Waits until the kernel is idle, so that nothing queues behind a running cell that a person has
 * given up waiting for. Throws OctavoError with a message of its own for every way it can fail.
 */
export async function askKernel<T>(asker: IAsker | null, asked: object, options: IAskOptions): Promise<T> {
  const kernel = connection(asker);
  const label = asker?.label ?? '';
  await idle(kernel, label, options);
  await python(kernel, label, options);
  const first = await execute(kernel, label, asked, options);
  if (!ABORTED.has(first.status)) {
    return answer<T>(first, label);
  }
  // A cell that failed took what was queued behind it along.
  await idle(kernel, label, options);
  return answer<T>(await execute(kernel, label, asked, options), label);
}

/** Interrupt what a notebook's kernel is doing, as its stop button does; an idle one stays as it is. */
export async function interrupt(asker: IAsker | null): Promise<void> {
  await asker?.context.session?.kernel?.interrupt().catch(() => undefined);
}

function connection(asker: IAsker | null): Connection {
  if (!asker) {
    throw problem('no_notebook', trans.__('No notebook is open.'), trans.__('Open the notebook that shall be looked into, then look again.'));
  }
  const kernel = asker.context.session?.kernel;
  if (!kernel) {
    throw problem('no_kernel', trans.__('%1 has no kernel.', asker.label), trans.__('Pick a kernel for it, run its cells, then look again.'));
  }
  return kernel;
}

function check(kernel: Connection, label: string): Waiting | null {
  if (GONE.has(kernel.status)) {
    throw problem('kernel_dead', trans.__('The kernel of %1 is dead.', label), trans.__('Restart it, run its cells, then look again.'));
  }
  if (kernel.connectionStatus === 'disconnected') {
    throw problem('kernel_lost', trans.__('The connection to the kernel of %1 is lost.', label), trans.__('Reconnect to it from the Kernel menu, then look again.'));
  }
  if (NOT_UP.has(kernel.status) || kernel.connectionStatus === 'connecting') {
    return 'starting';
  }
  return kernel.status === 'idle' ? null : 'busy';
}

/** Wait until the kernel runs nothing; sends nothing meanwhile. */
function idle(kernel: Connection, label: string, options: IAskOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      kernel.statusChanged.disconnect(look);
      kernel.connectionStatusChanged.disconnect(look);
      kernel.disposed.disconnect(gone);
      options.signal.removeEventListener('abort', back);
    };
    const end = (error?: unknown): void => {
      leave();
      if (error) {
        reject(error);
      } else {
        resolve();
      }
    };
    const gone = (): void => end(shutDown(label));
    const back = (): void => end(cancelled());
    const look = (): void => {
      try {
        const waiting = check(kernel, label);
        if (waiting) {
          options.onWait(waiting);
        } else {
          end();
        }
      } catch (error) {
        end(error);
      }
    };
    if (options.signal.aborted) {
      reject(cancelled());
      return;
    }
    kernel.statusChanged.connect(look);
    kernel.connectionStatusChanged.connect(look);
    kernel.disposed.connect(gone);
    options.signal.addEventListener('abort', back);
    look();
  });
}

async function python(kernel: Connection, label: string, options: IAskOptions): Promise<void> {
  const info = await orBack(kernel.info, options.signal);
  const language = info.language_info.name;
  if (language !== 'python') {
    throw problem('not_python', trans.__('The kernel of %1 speaks %2.', label, language), trans.__('Only Python kernels can be looked into: use a Python notebook.'));
  }
}

function shutDown(label: string): OctavoError {
  return problem('kernel_gone', trans.__('The kernel of %1 was shut down or restarted before it answered.', label), trans.__('Run its cells, then look again.'));
}

/** Wait for `promise`, or until the question is taken back. */
function orBack<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const back = (): void => reject(cancelled());
    if (signal.aborted) {
      back();
    }
    signal.addEventListener('abort', back);
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', back));
  });
}

/** Write the one expression: its argument is a single Python text, whatever it holds. */
export function expression(asked: object, { module, call }: IAnswerer = FRAMES): string {
  return `__import__("${module}", fromlist=["${call}"]).${call}(${JSON.stringify(JSON.stringify(asked))})`;
}

async function execute(kernel: Connection, label: string, asked: object, options: IAskOptions): Promise<KernelMessage.IExecuteReply> {
  options.onWait('answer');
  const future = kernel.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    allow_stdin: false,
    stop_on_error: false,
    user_expressions: { octavo: expression(asked, options.answerer) }
  });
  try {
    const reply = await orBack(future.done, options.signal);
    return reply.content as KernelMessage.IExecuteReply;
  } catch (error) {
    if (error instanceof OctavoError) {
      throw error;
    }
    throw shutDown(label);
  } finally {
    future.dispose();
  }
}

interface IEvaluated {
  status: string;
  data?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
}

function answer<T>(content: KernelMessage.IExecuteReply, label: string): T {
  const said = content.user_expressions?.['octavo'] as IEvaluated | undefined;
  const seen = said?.status === 'ok' ? said.data?.['application/json'] : undefined;
  if (seen !== undefined) {
    return seen as T;
  }
  if (said?.ename === 'ModuleNotFoundError') {
    throw problem('no_octavo', trans.__("The environment of %1's kernel has no package octavo.", label), trans.__('Pick the kernel of the workspace itself, or install octavo into that environment.'));
  }
  const why = said?.ename ? `${said.ename}: ${said.evalue ?? ''}`.slice(0, 300) : trans.__('it gave no answer');
  throw problem('kernel_refused', trans.__('The kernel of %1 could not be looked into: %2.', label, why), trans.__('Run a cell to see whether it still works, then look again.'));
}
