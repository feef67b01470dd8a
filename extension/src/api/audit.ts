import type { Requests } from '../request';
import type { Schemas } from './schemas';

export type AuditEntry = Schemas['AuditEntry'];
export type AuditEntries = Schemas['AuditEntries'];
export type AuditProof = Schemas['AuditProof'];
export type AuditCheckpoint = Schemas['AuditCheckpoint'];

/** What of the trail is asked for. */
export interface IAuditQuery {
  actor?: string;
  action?: string;
  subject?: string;
  project?: string;
  cursor?: string;
  limit?: number;
}

/** Entries, the newest first. */
export function listEntries(requests: Requests, query: IAuditQuery, signal?: AbortSignal): Promise<AuditEntries> {
  return requests.send<AuditEntries>('audit/entries', { query: { ...query }, signal });
}

/** The path from an entry to the signed root. */
export function readProof(requests: Requests, seq: number): Promise<AuditProof> {
  return requests.send<AuditProof>(`audit/entries/${seq}/proof`);
}

/** The newest signed statement about the whole trail. */
export function readCheckpoint(requests: Requests, signal?: AbortSignal): Promise<AuditCheckpoint> {
  return requests.send<AuditCheckpoint>('audit/checkpoint', { signal });
}

export type AuditVerdict = Schemas['AuditVerdict'];

/** Check every entry and every signed checkpoint of the trail. */
export function verifyTrail(requests: Requests, signal?: AbortSignal): Promise<AuditVerdict> {
  return requests.send<AuditVerdict>('audit/verify', { signal });
}
