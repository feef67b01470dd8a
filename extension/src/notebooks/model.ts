import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IReviewBody, NotebookDiff, Release, ReleaseVerification, Submission } from '../api/notebooks';
import { readDiff, readRelease, readSubmission, reviewSubmission, verifyRelease } from '../api/notebooks';
import { Resource } from '../resource';
import type { IOctavo, ViewArgs } from '../tokens';

const REPLAY_SECONDS = 2;
const UNDECIDED: readonly Submission['state'][] = ['queued', 'replaying', 'reviewable'];

/** A submission under review: reloaded until somebody has decided. */
export class ReviewModel implements IDisposable {
  constructor(
    private readonly _octavo: IOctavo,
    args: ViewArgs
  ) {
    this.project = args['project'] ?? '';
    this.id = args['id'] ?? '';
    this.submission = new Resource(signal => readSubmission(_octavo.requests, this.project, this.id, signal));
    this.diff = new Resource(signal => readDiff(_octavo.requests, this.project, this.id, signal));
    this.submission.changed.connect(this._slowDown, this);
    this.submission.poll(REPLAY_SECONDS);
    void this.diff.refresh();
  }

  readonly project: string;
  readonly id: string;
  readonly submission: Resource<Submission>;
  readonly diff: Resource<NotebookDiff>;

  /** Emits the submission once it was decided here. */
  get decided(): ISignal<this, Submission> {
    return this._decided;
  }

  get isDisposed(): boolean {
    return this.submission.isDisposed;
  }

  /** Approve exactly what is on screen, or send it back. */
  async decide(body: IReviewBody): Promise<void> {
    const submission = await reviewSubmission(this._octavo.requests, this.project, this.id, body);
    this.submission.put(submission);
    this._decided.emit(submission);
    this._octavo.session.touch();
  }

  dispose(): void {
    this.submission.dispose();
    this.diff.dispose();
    Signal.clearData(this);
  }

  private _slowDown(): void {
    const state = this.submission.state.value?.state;
    if (state && !this._slow && !UNDECIDED.slice(0, 2).includes(state)) {
      this._slow = true;
      this.submission.poll(this._octavo.session.settings.refreshSeconds);
    }
  }

  private _slow = false;
  private readonly _decided = new Signal<this, Submission>(this);
}

/** A release; a verification is remembered only while the view is open. */
export class ReleaseModel implements IDisposable {
  constructor(octavo: IOctavo, args: ViewArgs) {
    this.project = args['project'] ?? '';
    this.digest = args['digest'] ?? '';
    this.release = new Resource(signal => readRelease(octavo.requests, this.project, this.digest, signal));
    this.verification = new Resource<ReleaseVerification>(() => verifyRelease(octavo.requests, this.project, this.digest));
    void this.release.refresh();
  }

  readonly project: string;
  readonly digest: string;
  readonly release: Resource<Release>;
  readonly verification: Resource<ReleaseVerification>;

  get isDisposed(): boolean {
    return this.release.isDisposed;
  }

  dispose(): void {
    this.release.dispose();
    this.verification.dispose();
  }
}
