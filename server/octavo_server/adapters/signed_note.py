"""Signs audit checkpoints as C2SP signed notes with the installation's Ed25519 key."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from octavo.signed_note import KEY_NAME, NoteVerifier


class NoteSigner(NoteVerifier):
    """Signs notes with the installation's key."""

    def __init__(self, key_file: Path) -> None:
        """Load the PEM private key that :mod:`octavo_server.adapters.signing` keeps."""
        key = load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{key_file} holds no Ed25519 key")
        self._private = key
        super().__init__(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))

    def sign(self, text: str) -> str:
        """Return ``text`` (lines, newline at the end) with this key's signature line."""
        blob = base64.b64encode(self.key_hash + self._private.sign(text.encode())).decode()
        return f"{text}\n\u2014 {KEY_NAME} {blob}\n"
