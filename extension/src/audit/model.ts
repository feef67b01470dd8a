import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { AuditCheckpoint, AuditEntries, AuditEntry, AuditVerdict, IAuditQuery } from '../api/audit';
import { listEntries, readCheckpoint, readProof, verifyTrail } from '../api/audit';
import { Resource } from '../resource';
import type { IOctavo } from '../tokens';
import type { Inclusion } from './components/inclusion';
import { checkInclusion } from './components/inclusion';

const PAGE = 100;

/** The audit trail: what is asked for, what was found, and whether it holds. */
export class AuditModel implements IDisposable {
  constructor(private readonly _octavo: IOctavo) {
    const { requests } = _octavo;
    this.entries = new Resource<AuditEntries>(signal => listEntries(requests, this._query, signal));
    this.verdict = new Resource<AuditVerdict>(signal => verifyTrail(requests, signal));
    void this.entries.refresh();
  }

  readonly entries: Resource<AuditEntries>;
  readonly verdict: Resource<AuditVerdict>;

  get query(): IAuditQuery {
    return this._query;
  }

  /** Emits when something else is asked for. */
  get changed(): ISignal<this, IAuditQuery> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this.entries.isDisposed;
  }

  /** Ask for other entries, or for more. */
  ask(query: IAuditQuery): void {
    this._query = { ...this._query, ...query };
    this._changed.emit(this._query);
    void this.entries.refresh();
  }

  /** Check in the browser that an entry is in the signed trail. */
  async prove(entry: AuditEntry): Promise<Inclusion> {
    const proof = await readProof(this._octavo.requests, entry.seq);
    const checkpoint: AuditCheckpoint = await readCheckpoint(this._octavo.requests);
    return checkInclusion(proof, checkpoint);
  }

  dispose(): void {
    this.entries.dispose();
    this.verdict.dispose();
    Signal.clearData(this);
  }

  private _query: IAuditQuery = { limit: PAGE };
  private readonly _changed = new Signal<this, IAuditQuery>(this);
}
