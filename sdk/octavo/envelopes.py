"""Checks what Octavo signed, offline: DSSE envelopes around in-toto statements, Ed25519 keys.

It needs `cryptography` and nothing of the platform.  Formats:
https://github.com/secure-systems-lab/dsse and https://in-toto.io/Statement/v1.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
LARGEST_ENVELOPE = 32 * 1024 * 1024
SHOWN = 16
"""Characters of a key's name that a sentence shows."""


class Refused(Exception):
    """Something signed does not prove what it should."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        """What is wrong, with which value."""
        self.remedy = remedy
        """What to do."""


@dataclass(frozen=True, kw_only=True)
class TrustedKey:
    """One public key, and whether it is trusted no more."""

    public: bytes
    """32 raw bytes."""
    revoked: str = ""
    """Why it is trusted no more, a sentence; empty: it is trusted."""

    @property
    def key_id(self) -> str:
        """Its stable name: a SHA-256 over its canonical form, hex."""
        form = {"keytype": "ed25519", "keyval": {"public": self.public.hex()}, "scheme": "ed25519"}
        text = json.dumps(form, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's on `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            return False
        return True


class TrustedKeys:
    """The keys that a person trusts."""

    def __init__(self, keys: Sequence[TrustedKey]) -> None:
        """Trust exactly these."""
        self.keys = tuple(keys)

    @classmethod
    def load(cls, path: Path) -> TrustedKeys:
        """Read a PEM public key, or the list that `octavo keys` writes. Raises Refused."""
        try:
            content = path.read_bytes()
        except OSError as error:
            raise Refused(
                f"The key file {path} can't be read: {error.strerror}.",
                "Give the file that `octavo keys` wrote.",
            ) from error
        listed = content.lstrip().startswith((b"{", b"["))
        keys = _listed(content, path) if listed else [TrustedKey(public=_raw(content, path))]
        if not keys:
            raise Refused(
                f"{path} holds no key for statements.", "Give the file that `octavo keys` wrote."
            )
        return cls(keys)

    def names(self) -> str:
        """The keys' names, for a sentence."""
        return ", ".join(one.key_id[:SHOWN] for one in self.keys)


def verify_envelope(
    envelope: Mapping[str, Any], keys: TrustedKeys, predicate_type: str | None = None
) -> dict[str, Any]:
    """Return the statement that a trusted key signed. Raises Refused.

    With `predicate_type`, a genuine statement of another kind is refused too.
    """
    payload, signatures = _parsed(envelope)
    key = _signer(payload, signatures, keys)
    if key.revoked:
        raise Refused(
            f"The key {key.key_id[:SHOWN]} that signed it was revoked. {key.revoked}",
            "Don't use it; ask for a bundle that is signed anew.",
        )
    statement = _statement(payload)
    if predicate_type is not None and statement.get("predicateType") != predicate_type:
        raise Refused(
            f"The signed statement is of kind {str(statement.get('predicateType'))[:100]!r}; "
            f"{predicate_type!r} was expected.",
            "Use the envelope that belongs to this file.",
        )
    return statement


def signer_of(envelope: Mapping[str, Any], keys: TrustedKeys) -> str:
    """Return the name of the trusted key that signed. Raises Refused as `verify_envelope`."""
    return _signer(*_parsed(envelope), keys).key_id


def _signer(
    payload: bytes, signatures: Sequence[tuple[str, bytes]], keys: TrustedKeys
) -> TrustedKey:
    message = b"DSSEv1 %d %s %d %s" % (
        len(PAYLOAD_TYPE),
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )
    for _, signature in signatures:
        for key in keys.keys:
            if key.signed(message, signature):
                return key
    claimed = {name for name, _ in signatures}
    if claimed & {key.key_id for key in keys.keys}:
        raise Refused(
            "The statement was changed after it was signed: the signature doesn't belong to it.",
            "Don't use it; get it again from where it was exported.",
        )
    names = ", ".join(sorted(name[:SHOWN] for name in claimed)) or "no key"
    raise Refused(
        f"It is signed by {names}, which is none of the keys that you trust ({keys.names()}).",
        "Use the key of the installation that exported it, from `octavo keys` there.",
    )


def _parsed(envelope: Mapping[str, Any]) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The payload, and key name and signature of each signature."""
    try:
        if envelope["payloadType"] != PAYLOAD_TYPE:
            raise ValueError(f"its payload is of type {str(envelope['payloadType'])[:80]!r}")
        payload = base64.b64decode(envelope["payload"], validate=True)
        signatures = [
            (str(one.get("keyid", "")), base64.b64decode(one["sig"], validate=True))
            for one in envelope["signatures"]
        ]
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise Refused(
            f"The signed envelope is malformed: {str(error)[:200]}.",
            "Use one that Octavo wrote.",
        ) from error
    return payload, signatures


def _statement(payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Refused("The signed payload is no JSON.", "Use one that Octavo wrote.") from error
    if not isinstance(found, dict) or found.get("_type") != STATEMENT_TYPE:
        raise Refused(f"The signed payload is no {STATEMENT_TYPE}.", "Use one that Octavo wrote.")
    return found


def _listed(content: bytes, path: Path) -> list[TrustedKey]:
    try:
        found = json.loads(content)
        items = found["items"] if isinstance(found, dict) else found
        return [
            TrustedKey(public=_raw(one["public_pem"].encode(), path), revoked=_revoked(one))
            for one in items
            if one["use"] == "statements"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(
            f"{path} is no list of keys: {type(error).__name__}.",
            "Give the file that `octavo keys` wrote, or one public key as PEM.",
        ) from error


def _revoked(key: Mapping[str, Any]) -> str:
    if not key.get("revoked_at"):
        return ""
    who, why = str(key.get("revoked_by") or "Somebody"), str(key.get("revoked_reason") or "")
    return f"{who[:100]} revoked it on {str(key['revoked_at'])[:10]}: {why[:500]}"


def _raw(pem: bytes, path: Path) -> bytes:
    try:
        key = load_pem_public_key(pem)
    except ValueError as error:
        raise Refused(
            f"{path} holds no public key in PEM form.",
            "Give the file that `octavo keys` wrote, or one public key as PEM.",
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(
            f"{path} holds a {type(key).__name__}; statements are signed with Ed25519.",
            "Give the key whose use is `statements`.",
        )
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
