/** Tells drawings when to ask for their curves anew: with every answer while a run lives, and once when it has ended. */
export class Beat {
  /** Another number after each such answer. */
  get count(): number {
    return this._count;
  }

  /** Take an answer in; tells whether a run has begun to live. */
  hear(runs: readonly { ended_at: string | null }[]): boolean {
    const live = runs.some(run => run.ended_at === null);
    const begins = live && !this._live;
    this._count += live || this._live ? 1 : 0;
    this._live = live;
    return begins;
  }

  private _count = 0;
  private _live = false;
}
