import { createHash } from 'node:crypto';

import { fireEvent, render, screen } from '@testing-library/react';
import * as React from 'react';

import type { AuditProof } from '../../api/audit';
import { AT, entry, HOSTILE } from '../../testing/records';
import { FakeServer, fakeOctavo, until } from '../../testing/server';
import { checkInclusion, rootOf } from '../components/inclusion';
import { AuditModel } from '../model';
import { AuditPage } from '../panel';

const sha = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
const leaves = Array.from({ length: 7 }, (_, n) => sha(Buffer.from([0]), Buffer.from(`entry ${n}`)));

/** RFC 9162's own recursive definitions, to check the folding against. */
function root(part: Buffer[]): Buffer {
  if (part.length === 1) {
    return part[0] as Buffer;
  }
  const split = 2 ** Math.floor(Math.log2(part.length - 1));
  return sha(Buffer.from([1]), root(part.slice(0, split)), root(part.slice(split)));
}

function path(place: number, part: Buffer[]): Buffer[] {
  if (part.length === 1) {
    return [];
  }
  const split = 2 ** Math.floor(Math.log2(part.length - 1));
  return place < split ? [...path(place, part.slice(0, split)), root(part.slice(split))] : [...path(place - split, part.slice(split)), root(part.slice(0, split))];
}

function proof(seq: number, size: number): AuditProof {
  const part = leaves.slice(0, size);
  return { seq, size, leaf: (part[seq] as Buffer).toString('hex'), path: path(seq, part).map(hash => hash.toString('hex')), root: root(part).toString('hex') };
}

const checkpoint = (size: number): { size: number; root: string; at: string; note: string; verifier_key: string } => ({ size, root: root(leaves.slice(0, size)).toString('hex'), at: AT, note: '', verifier_key: '' });

describe('an inclusion proof', () => {
  it('leads to the root, for every entry of every size', async () => {
    for (let size = 1; size <= leaves.length; size++) {
      for (let seq = 0; seq < size; seq++) {
        const one = proof(seq, size);
        expect(await rootOf(one)).toBe(one.root);
      }
    }
  });

  it('of a changed entry, a cut path or another place does not hold', async () => {
    const good = proof(3, 7);
    expect(await checkInclusion(good, checkpoint(7))).toBe('included');
    expect(await checkInclusion({ ...good, leaf: 'ff'.repeat(32) }, checkpoint(7))).toBe('not_included');
    expect(await checkInclusion({ ...good, path: good.path.slice(1) }, checkpoint(7))).toBe('not_included');
    expect(await checkInclusion({ ...good, path: [...good.path, good.leaf] }, checkpoint(7))).toBe('not_included');
    expect(await checkInclusion({ ...good, seq: 2 }, checkpoint(7))).toBe('not_included');
  });

  it('of another tree says so', async () => expect(await checkInclusion(proof(3, 6), checkpoint(7))).toBe('other_tree'));
});

describe('the trail', () => {
  function open(items = [entry()]): { server: FakeServer; model: AuditModel } {
    const server = new FakeServer({
      'GET audit/entries': () => ({ items, next_cursor: null }),
      'GET audit/entries/0/proof': () => proof(0, 5),
      'GET audit/checkpoint': () => checkpoint(5),
      'GET audit/verify': () => ({ entries: 5, checkpoints: 2, root: 'ab', faults: ['Entry 3 was changed.'] })
    });
    const model = new AuditModel(fakeOctavo(server));
    render(<AuditPage model={model} />);
    return { server, model };
  }

  it('is green only for what was proved just now', async () => {
    const { model } = open();
    fireEvent.click(await screen.findByLabelText('Prove entry 0'));
    expect(await screen.findByText('proved just now')).toBeTruthy();
    model.dispose();
  });

  it('names its faults', async () => {
    const { model } = open();
    fireEvent.click(await screen.findByText('Verify the trail'));
    expect(await screen.findByText('Entry 3 was changed.')).toBeTruthy();
    expect(screen.getByText('does not verify')).toBeTruthy();
    model.dispose();
  });

  it('asks for what is filtered, and emits it', async () => {
    const { server, model } = open();
    const heard: string[] = [];
    model.changed.connect((_, query) => heard.push(query.actor ?? ''));
    fireEvent.change(await screen.findByLabelText('Who'), { target: { value: 'admin' } });
    await until(() => server.asked.some(asked => asked.url.searchParams.get('actor') === 'admin'));
    expect(heard).toEqual(['admin']);
    model.dispose();
  });

  it('shows what hostile details are made of', async () => {
    const { model } = open([entry({ subject: HOSTILE, details: { reason: HOSTILE } })]);
    expect(await screen.findByText(HOSTILE)).toBeTruthy();
    expect(document.querySelector('img')).toBeNull();
    model.dispose();
  });
});
