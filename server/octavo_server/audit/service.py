"""The only way to a governed write: a change and its audit entry, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from octavo import merkle
from octavo_server.audit import rules, store
from octavo_server.audit.domain import Checkpoint, Entry, Proof
from octavo_server.audit.ports import CheckpointCopies, CheckpointSigner
from octavo_server.database.rows import Database, RowExists, Rows, Where
from octavo_server.database.tables.audit import idempotency_keys
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.identity import Caller


@dataclass
class IdempotencyClaim:
    """The idempotency key of the request in hand; the first change claims it."""

    caller: str
    """Whose key it is."""
    key: str
    """The key."""
    request_sha256: str
    """Digest of method, path and body."""
    claimed: bool = False
    """True once a change has written it."""


current_claim: ContextVar[IdempotencyClaim | None] = ContextVar("current_claim", default=None)


@dataclass
class Change:
    """A governed write in progress: rows to write, and what its entry will say."""

    rows: Rows
    """The transaction."""
    at: datetime
    """The moment of the change (UTC); use it for every time that the change writes."""
    caller: Caller
    """Who makes it."""
    subject: str
    """What is changed, ``kind:id``; may be set once the id is known."""
    details: dict[str, Any] = field(default_factory=dict)
    """What the entry keeps besides."""

    def note(self, **details: Any) -> None:
        """Add JSON details to the entry; no secrets."""
        self.details.update(details)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What verifying the trail found."""

    entries: int
    """Entries read."""
    checkpoints: int
    """Signed checkpoints that hold, here and in the copies outside."""
    root: bytes
    """The tree's root now."""
    faults: tuple[str, ...]
    """What doesn't hold, as sentences; empty when all does."""


class AuditService:
    """Appends, proves and verifies the trail."""

    def __init__(
        self,
        database: Database,
        signer: CheckpointSigner,
        copies: CheckpointCopies,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._signer = signer
        self._copies = copies
        self._clock = clock

    @property
    def verifier_key(self) -> str:
        """The public key that checks the checkpoints."""
        return self._signer.verifier_key

    @contextmanager
    def change(
        self, caller: Caller, action: str, subject: str, project: str | None = None
    ) -> Iterator[Change]:
        """Open a governed write; its entry is appended when the block ends.

        When the block raises, neither change nor entry is kept. Raises
        :class:`octavo_server.errors.Conflict` when the request's idempotency key was used by a
        request that got there first.
        """
        with self._database.write() as rows:
            change = Change(rows=rows, at=self._clock(), caller=caller, subject=subject)
            _claim_key(change)
            yield change
            self._append(change, action, project)

    def _append(self, change: Change, action: str, project: str | None) -> None:
        entry = Entry(
            seq=store.next_seq(change.rows),
            at=change.at,
            actor=change.caller.name,
            actor_kind=change.caller.kind.value,
            action=action,
            subject=change.subject,
            project=project,
            request_id=change.caller.request_id,
            details=change.details,
        )
        store.append(change.rows, entry, merkle.leaf_hash(rules.entry_bytes(entry)))

    def entries(self, *where: Where, limit: int = 100, before: int | None = None) -> list[Entry]:
        """Return the newest matching entries, those with a position under ``before`` if given."""
        conditions: list[Where] = list(where)
        if before is not None:
            conditions.append(("seq", "<", before))
        with self._database.read() as rows:
            return store.entries(rows, *conditions, limit=limit, newest_first=True)

    def proof(self, seq: int) -> Proof:
        """Return the inclusion proof of entry ``seq`` in the whole tree. Raises NotFound."""
        with self._database.read() as rows:
            leaves = store.leaves(rows)
        if not 0 <= seq < len(leaves):
            raise NotFound(f"The audit trail has no entry {seq}; it ends at {len(leaves) - 1}.")
        return Proof(
            seq=seq,
            size=len(leaves),
            leaf=leaves[seq],
            path=merkle.inclusion_path(leaves, seq),
            root=merkle.tree_root(leaves),
        )

    def checkpoint(self) -> Checkpoint:
        """Sign the trail as it is now, keep a copy outside the database, and return it.

        Without new entries the last checkpoint is returned. Raises Invalid for an empty trail.
        """
        with self._database.read() as rows:
            leaves = store.leaves(rows)
            last = store.checkpoints(rows, limit=1)
        if last and last[0].size == len(leaves):
            return last[0]
        if not leaves:
            raise Invalid("The audit trail is empty: there is nothing to sign.")
        root = merkle.tree_root(leaves)
        note = self._signer.sign(merkle.note_text(len(leaves), root))
        made = Checkpoint(size=len(leaves), root=root, at=self._clock(), note=note)
        self._copies.add(note)
        try:
            with self._database.write() as rows:
                store.add_checkpoint(rows, made)
        except RowExists:
            pass  # another process signed the same size meanwhile; both notes say the same
        return made

    def verify(self) -> Verdict:
        """Check every entry against its hash and every checkpoint against the tree."""
        with self._database.read() as rows:
            entries, leaves = store.entries(rows), store.leaves(rows)
            notes = [one.note for one in store.checkpoints(rows)]
        faults: list[str] = []
        changed = rules.first_difference(entries, leaves)
        if changed is not None:
            faults.append(f"Entry {changed} is not what was written: content or place changed.")
        held = 0
        for note in dict.fromkeys([*self._copies.notes(), *notes]):
            fault = self._checkpoint_fault(note, leaves)
            faults += [fault] if fault else []
            held += not fault
        root = merkle.tree_root(leaves)
        return Verdict(entries=len(entries), checkpoints=held, root=root, faults=tuple(faults))

    def _checkpoint_fault(self, note: str, leaves: list[bytes]) -> str | None:
        try:
            text = self._signer.verify(note)
        except ValueError as error:
            return f"A checkpoint can't be trusted: {error}."
        size = int(text.splitlines()[1])
        if size > len(leaves):
            return f"The trail was cut: a checkpoint covers {size} entries, {len(leaves)} are left."
        if merkle.note_text(size, merkle.tree_root(leaves[:size])) != text:
            return f"The first {size} entries are not those that were signed."
        return None


def _claim_key(change: Change) -> None:
    claim = current_claim.get()
    if claim is None or claim.claimed:
        return
    values = {
        "caller": claim.caller,
        "key": claim.key,
        "request_sha256": claim.request_sha256,
        "at": change.at,
    }
    try:
        change.rows.insert(idempotency_keys, values)
    except RowExists as error:
        raise Conflict(
            f"A request with the idempotency key {claim.key!r} is already being carried out.",
            "Wait for its answer, then read what it changed; use a new key for a new request.",
        ) from error
    claim.claimed = True
