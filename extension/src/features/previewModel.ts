import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { PreviewAnswer, PreviewRequest } from '../api/features';
import { asOctavoError, OctavoError } from '../request';
import { trans } from '../words';
import type { IFrame, IPick, ISeenFrames, ISeenRows } from './frames';
import { firstPick, previewRequest, ranked, rowsQuestion } from './frames';
import type { IAsker, Waiting } from '../kernel';
import { askKernel } from '../kernel';

/** How far a preview is. */
export interface IPreviewState {
  /** What is under way, or what it waits for. */
  readonly busy: Waiting | 'join' | null;
  readonly error: OctavoError | null;
  /** The notebook whose kernel was asked. */
  readonly notebook: string;
  readonly seen: ISeenFrames | null;
  readonly pick: IPick | null;
  readonly rows: ISeenRows | null;
  readonly answer: PreviewAnswer | null;
}

const NOTHING: IPreviewState = { busy: null, error: null, notebook: '', seen: null, pick: null, rows: null, answer: null };

/** Looks into a kernel, sends some rows, and holds what came back; each step only when it is asked for. */
export class PreviewModel implements IDisposable {
  constructor(
    private readonly _join: (body: PreviewRequest, signal: AbortSignal) => Promise<PreviewAnswer>,
    private readonly _asker: () => IAsker | null
  ) {}

  get state(): IPreviewState {
    return this._state;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** The frame that is picked. */
  get frame(): IFrame | undefined {
    return this._state.seen?.frames.find(frame => frame.name === this._state.pick?.frame);
  }

  /** First click: see which frames live in the kernel of the notebook in front. */
  look(joinKeys: readonly string[]): Promise<void> {
    return this._do(async (asker, signal) => {
      const seen = await this._ask<ISeenFrames>(asker, { keys: [...joinKeys] }, signal);
      const frames = ranked(seen.frames, joinKeys);
      const first = frames[0];
      this._set({ ...NOTHING, notebook: asker?.label ?? '', seen: { ...seen, frames }, pick: first && first.problem === '' ? firstPick(first, joinKeys) : null });
    });
  }

  /** Choose another frame or other columns; what was joined before is put away. */
  choose(pick: IPick): void {
    this._set({ ...this._state, pick, rows: null, answer: null, error: null });
  }

  /** Choose another frame, with the columns that it most likely has for it. */
  chooseFrame(name: string, joinKeys: readonly string[]): void {
    const frame = this._state.seen?.frames.find(one => one.name === name);
    if (frame) {
      this.choose(firstPick(frame, joinKeys));
    }
  }

  /** Second click: send some rows' keys and times, and join them on the platform. */
  join(features: readonly string[]): Promise<void> {
    return this._do(async (asker, signal) => {
      const { pick } = this._state;
      if (!pick) {
        return;
      }
      const rows = await this._ask<ISeenRows>(asker, rowsQuestion(pick), signal);
      if (rows.refused) {
        throw refusal(rows);
      }
      if (rows.rows === 0) {
        throw new OctavoError(0, 'no_rows', trans.__('%1 has no rows.', rows.frame), trans.__('Fill it, then look again.'), '');
      }
      this._set({ ...this._state, busy: 'join' });
      const answer = await this._join(previewRequest(features, rows), signal);
      if (!signal.aborted) {
        this._set({ ...this._state, rows, answer });
      }
    });
  }

  /** Stop waiting. */
  cancel(): void {
    this._abort?.abort();
    this._set({ ...this._state, busy: null });
  }

  /** Put what was joined away, for it is about other columns. */
  forget(): void {
    this._set({ ...this._state, rows: null, answer: null });
  }

  dispose(): void {
    this._abort?.abort();
    this._isDisposed = true;
    Signal.clearData(this);
  }

  private _ask<T>(asker: IAsker | null, asked: object, signal: AbortSignal): Promise<T> {
    return askKernel<T>(asker, asked, { signal, onWait: busy => this._set({ ...this._state, busy }) });
  }

  private async _do(step: (asker: IAsker | null, signal: AbortSignal) => Promise<void>): Promise<void> {
    this._abort?.abort();
    const abort = (this._abort = new AbortController());
    this._set({ ...this._state, busy: 'answer', error: null });
    try {
      await step(this._asker(), abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) {
        this._set({ ...this._state, error: asOctavoError(error) });
      }
    } finally {
      if (this._abort === abort) {
        this._set({ ...this._state, busy: null });
      }
    }
  }

  private _set(state: IPreviewState): void {
    this._state = state;
    this._changed.emit();
  }

  private _abort: AbortController | null = null;
  private _isDisposed = false;
  private _state: IPreviewState = NOTHING;
  private readonly _changed = new Signal<this, void>(this);
}

function refusal(rows: ISeenRows): OctavoError {
  const what = rows.what ?? '';
  const look = trans.__('Look again to see what is there now.');
  switch (rows.refused) {
    case 'gone':
      return new OctavoError(0, 'frame_gone', trans.__('There is no frame %1 in the kernel any more.', what), look, '');
    case 'column':
      return new OctavoError(0, 'column_gone', trans.__('The frame has no column %1 any more, or several.', what), look, '');
    default:
      return new OctavoError(0, 'values', trans.__('These rows can not be joined: %1.', what), trans.__('Pick another column, or convert this one.'), '');
  }
}
