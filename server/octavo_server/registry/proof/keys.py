"""The installation's keys: shown, changed, revoked."""

from __future__ import annotations

from dataclasses import dataclass

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, RowExists
from octavo_server.errors import Conflict, NotFound
from octavo_server.identity import Caller
from octavo_server.registry.proof import store
from octavo_server.registry.proof.domain import PublicKey, Revocation
from octavo_server.registry.proof.ports import Keys, ModelSigner


@dataclass(frozen=True, kw_only=True)
class KnownKey:
    """A public key with what became of it."""

    key: PublicKey
    """The key."""
    revocation: Revocation | None
    """Why it is trusted no more; None: it is trusted."""


class KeysService:
    """Public keys, and the changes of them."""

    def __init__(
        self, database: Database, audit: AuditService, keys: Keys, models: ModelSigner
    ) -> None:
        self._database = database
        self._audit = audit
        self._keys = keys
        self._models = models

    def listed(self) -> list[KnownKey]:
        """All public keys, those that sign statements first."""
        with self._database.read() as rows:
            gone = store.revocations(rows)
        found = [*self._keys.public_keys(), self._models.public()]
        return [KnownKey(key=one, revocation=gone.get(one.key_id)) for one in found]

    def key(self, key_id: str) -> KnownKey | None:
        """One key; None for one that isn't ours."""
        return next((one for one in self.listed() if one.key.key_id == key_id), None)

    def rotate(self, caller: Caller, reason: str) -> KnownKey:
        """Make a new key, which signs statements from now on; the earlier ones still verify."""
        with self._audit.change(caller, "registry.key_made", "key:new") as change:
            change.rows.lock("statement-keys")
            made = self._keys.rotate()
            change.subject = f"key:{made.key_id}"
            change.note(reason=reason)
        return KnownKey(key=made, revocation=None)

    def revoke(self, caller: Caller, key_id: str, reason: str) -> KnownKey:
        """Trust a key no more: what it signed verifies no more, here and in exported lists.

        Raises NotFound, or Conflict for a key that was revoked before, or that signs now.
        """
        found = self.key(key_id)
        if found is None:
            raise NotFound(
                f"This installation has no key {key_id[:64]!r}.", "See the list of its keys."
            )
        if found.key.use == "statements" and found.key.active:
            raise Conflict(
                f"The key {key_id[:16]} signs now; nothing could be signed without it.",
                "Make a new key first, then revoke this one.",
            )
        with self._audit.change(caller, "registry.key_revoked", f"key:{key_id}") as change:
            made = Revocation(key_id=key_id, at=change.at, by=caller.name, reason=reason)
            try:
                store.revoke(change.rows, made)
            except RowExists as error:
                raise Conflict(
                    f"The key {key_id[:16]} was revoked before.", "Nothing is to be done."
                ) from error
            change.note(reason=reason, use=found.key.use)
        return KnownKey(key=found.key, revocation=made)
