import type { AuditCheckpoint, AuditProof } from '../../api/audit';

const NODE_PREFIX = 1;

/** What checking a proof in the browser found. */
export type Inclusion = 'included' | 'not_included' | 'other_tree' | 'no_crypto';

function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], pair => parseInt(pair, 16));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

async function node(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  const both = new Uint8Array(1 + left.length + right.length);
  both[0] = NODE_PREFIX;
  both.set(left, 1);
  both.set(right, 1 + left.length);
  return new Uint8Array(await crypto.subtle.digest('SHA-256', both));
}

/** Fold an inclusion path into the root it leads to (RFC 9162, section 2.1.3.2); null when it is malformed. */
export async function rootOf(proof: AuditProof): Promise<string | null> {
  let place = proof.seq;
  let last = proof.size - 1;
  let hash = fromHex(proof.leaf);
  for (const sibling of proof.path.map(fromHex)) {
    if (last === 0) {
      return null;
    }
    if (place % 2 === 1 || place === last) {
      hash = await node(sibling, hash);
      while (place % 2 === 0 && place !== 0) {
        place = Math.floor(place / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = await node(hash, sibling);
    }
    place = Math.floor(place / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? toHex(hash) : null;
}

/** Check in the browser that an entry is in the tree whose root was signed. */
export async function checkInclusion(proof: AuditProof, checkpoint: AuditCheckpoint): Promise<Inclusion> {
  if (globalThis.crypto?.subtle === undefined) {
    return 'no_crypto';
  }
  if (proof.size !== checkpoint.size || proof.root !== checkpoint.root) {
    return 'other_tree';
  }
  return (await rootOf(proof)) === checkpoint.root ? 'included' : 'not_included';
}
