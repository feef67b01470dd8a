import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IAsker, Waiting } from '../../kernel';
import { askKernel, interrupt } from '../../kernel';
import { asOctavoError, OctavoError } from '../../request';
import { trans } from '../../words';
import type { ILogged, ISeenModels } from './seen';

const MODULE = 'octavo.variables';

/** What is known of the models in a kernel. */
export interface IVariablesState {
  /** What is under way, or what it waits for. */
  readonly busy: Waiting | null;
  readonly error: OctavoError | null;
  /** The notebook whose kernel was looked into. */
  readonly notebook: string;
  readonly seen: ISeenModels | null;
  readonly at: Date | null;
}

/** What is logged of a variable. */
export interface ILogAsked {
  model: string;
  frame: string | null;
  /** The frame's column that the model learned to predict. */
  target: string | null;
  name: string;
}

const NOTHING: IVariablesState = { busy: null, error: null, notebook: '', seen: null, at: null };

/** Looks for models in the kernel of the notebook in front, only when it is asked to, and has it log one. */
export class KernelModels implements IDisposable {
  constructor(private readonly _front: () => IAsker | null) {}

  get state(): IVariablesState {
    return this._state;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** See which variables of the notebook in front hold a model. */
  async look(): Promise<void> {
    this._abort?.abort();
    const abort = (this._abort = new AbortController());
    const asker = this._front();
    this._set({ ...this._state, busy: 'answer', error: null });
    try {
      const seen = await askKernel<ISeenModels>(asker, {}, { answerer: { module: MODULE, call: 'look' }, signal: abort.signal, onWait: busy => this._wait(abort, busy) });
      this._asker = asker;
      this._set({ busy: null, error: null, notebook: asker?.label ?? '', seen, at: new Date() });
    } catch (error) {
      if (this._abort === abort) {
        this._set({ ...this._state, busy: null, error: abort.signal.aborted ? null : asOctavoError(error) });
      }
    }
  }

  /** Stop waiting for the kernel. */
  cancel(): void {
    this._abort?.abort();
  }

  /** Put away what was seen. */
  forget(): void {
    this._abort?.abort();
    this._asker = null;
    this._set(NOTHING);
  }

  /**
   * Have the kernel that was looked into log a variable's model as a run's; throws OctavoError.
   *
   * When `signal` aborts, the kernel is interrupted: it logs for nobody.
   */
  async log(asked: ILogAsked, signal: AbortSignal, onWait: (waiting: Waiting) => void): Promise<ILogged> {
    const asker = this._asker;
    let asking = false;
    const stop = (): void => {
      if (asking) {
        void interrupt(asker);
      }
    };
    signal.addEventListener('abort', stop);
    try {
      const logged = await askKernel<ILogged>(asker, asked, {
        answerer: { module: MODULE, call: 'log' },
        signal,
        onWait: waiting => {
          asking = waiting === 'answer';
          onWait(waiting);
        }
      });
      if (logged.refused) {
        throw refusal(asked, logged);
      }
      return logged;
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  dispose(): void {
    this._abort?.abort();
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _wait(abort: AbortController, busy: Waiting): void {
    if (this._abort === abort) {
      this._set({ ...this._state, busy });
    }
  }

  private _set(state: IVariablesState): void {
    this._state = state;
    this._changed.emit();
  }

  private _asker: IAsker | null = null;
  private _abort: AbortController | null = null;
  private _isDisposed = false;
  private _state: IVariablesState = NOTHING;
  private readonly _changed = new Signal<this, void>(this);
}

function refusal(asked: ILogAsked, logged: ILogged): OctavoError {
  const look = trans.__('Look again to see what is there now.');
  switch (logged.refused) {
    case 'gone':
      return new OctavoError(0, 'variable_gone', trans.__('%1 holds no model any more.', asked.model), look, '');
    case 'frame_gone':
      return new OctavoError(0, 'frame_gone', trans.__('There is no frame %1 in the kernel any more.', asked.frame ?? ''), look, '');
    default:
      return new OctavoError(0, 'not_logged', trans.__('%1 could not be logged: %2', asked.model, logged.what ?? ''), logged.remedy ?? '', '');
  }
}
