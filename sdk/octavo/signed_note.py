"""Checks C2SP signed notes (https://c2sp.org/signed-note) with an Ed25519 key."""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KEY_NAME = "octavo"
ED25519 = b"\x01"
"""The algorithm's byte in C2SP keys."""


class NoteVerifier:
    """Checks signed notes against one public key."""

    def __init__(self, public_key: bytes) -> None:
        """Trust ``public_key``, 32 raw bytes."""
        self._raw = public_key
        self._public = Ed25519PublicKey.from_public_bytes(public_key)

    @property
    def verifier_key(self) -> str:
        """The public key as the C2SP verifier key: name+hash+key."""
        return f"{KEY_NAME}+{self.key_hash.hex()}+{base64.b64encode(ED25519 + self._raw).decode()}"

    @classmethod
    def parse(cls, verifier_key: str) -> NoteVerifier:
        """Return the verifier for a C2SP verifier key. Raises ValueError if it is none."""
        name, _, rest = verifier_key.strip().partition("+")
        key_hash, _, key = rest.partition("+")
        raw = base64.b64decode(key, validate=True)
        if name != KEY_NAME or raw[:1] != ED25519 or len(raw) != 33:
            raise ValueError("not an Ed25519 verifier key of Octavo's")
        verifier = cls(raw[1:])
        if verifier.key_hash.hex() != key_hash:
            raise ValueError("the verifier key's hash does not belong to its key")
        return verifier

    def verify(self, note: str) -> str:
        """Return the signed text. Raises ValueError when no signature of this key holds."""
        text, separator, signatures = note.rpartition("\n\n")
        if not separator:
            raise ValueError("the checkpoint carries no signature")
        text += "\n"
        for line in signatures.splitlines():
            blob = self._own(line)
            if blob is None:
                continue
            try:
                self._public.verify(blob, text.encode())
            except InvalidSignature:
                continue
            return text
        raise ValueError("no signature on the checkpoint holds for this key")

    @property
    def key_hash(self) -> bytes:
        """The first four bytes of SHA-256 over name and key."""
        return hashlib.sha256(KEY_NAME.encode() + b"\n" + ED25519 + self._raw).digest()[:4]

    def _own(self, line: str) -> bytes | None:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or parts[1] != KEY_NAME:
            return None
        blob = base64.b64decode(parts[2])
        return blob[4:] if blob[:4] == self.key_hash else None
