import { Notification } from '@jupyterlab/apputils';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { RegisterRequest, Registration } from '../api/registry';
import { cancelRegistration, readRegistration, registerModel } from '../api/registry';
import { asOctavoError } from '../request';
import type { OctavoError } from '../request';
import type { IOctavo } from '../tokens';
import { trans } from '../words';

const EVERY_MS = 600;
const SLOWEST_MS = 10_000;

/** Whether a registration goes on. */
export function isUnderWay(registration: Registration): boolean {
  return registration.state === 'queued' || registration.state === 'running';
}

/** What is known of a registration under way. */
export interface IRegisteringState {
  /** What was heard last. */
  readonly registration: Registration;
  /** Why the last look failed; null: it didn't. */
  readonly error: OctavoError | null;
}

/** One registration under way: followed until it ended, whether or not somebody looks. */
export class Registering implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    registration: Registration
  ) {
    this._state = { registration, error: null };
    this._poll = new Poll({
      auto: false,
      name: 'octavo-lab:registration',
      frequency: { interval: EVERY_MS, backoff: true, max: SLOWEST_MS },
      factory: () => this._look()
    });
    if (isUnderWay(registration)) {
      void this._poll.start();
    }
  }

  /** Ask for a registration and follow it. */
  static async start(octavo: IOctavo, project: string, name: string, body: RegisterRequest): Promise<Registering> {
    return new Registering(octavo, await registerModel(octavo.requests, project, name, body));
  }

  get state(): IRegisteringState {
    return this._state;
  }

  /** What was heard last. */
  get registration(): Registration {
    return this._state.registration;
  }

  /** Emits when something is newer. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emits once: it is done, failed or cancelled. */
  get ended(): ISignal<this, Registration> {
    return this._ended;
  }

  get isDisposed(): boolean {
    return this._poll.isDisposed;
  }

  /** Stop it; what was made of it goes. */
  async cancel(): Promise<void> {
    const { project, id } = this.registration;
    this._hear(await cancelRegistration(this._octavo.requests, project, id));
  }

  dispose(): void {
    this._poll.dispose();
    Signal.clearData(this);
  }

  private async _look(): Promise<void> {
    const { project, id } = this.registration;
    try {
      this._hear(await readRegistration(this._octavo.requests, project, id));
    } catch (error) {
      this._state = { ...this._state, error: asOctavoError(error) };
      this._changed.emit();
      throw error;
    }
  }

  private _hear(registration: Registration): void {
    const went = isUnderWay(this.registration);
    this._state = { registration, error: null };
    this._changed.emit();
    if (went && !isUnderWay(registration)) {
      void this._poll.stop();
      this._octavo.session.touch();
      this._ended.emit(registration);
    }
  }

  private readonly _poll: Poll;
  private _state: IRegisteringState;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _ended = new Signal<this, Registration>(this);
}

/** Say in passing how a registration ended that nobody looks at any more. */
export function tellEnd(octavo: IOctavo, registration: Registration): void {
  const { project, name, state, version, message, remedy } = registration;
  if (state === 'done') {
    const open = { label: trans.__('Open'), callback: () => octavo.open('model', { project, name }) };
    Notification.success(trans.__('%1 v%2 is registered.', name, version ?? ''), { autoClose: 10_000, actions: [open] });
  } else if (state === 'failed') {
    Notification.error([trans.__('%1 was not registered.', name), message, remedy].filter(Boolean).join(' ').slice(0, 600), { autoClose: false });
  } else {
    Notification.info(trans.__('The registration of %1 was cancelled.', name), { autoClose: 5000 });
  }
}
