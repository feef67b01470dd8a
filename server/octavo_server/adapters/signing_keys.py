"""The installation's signing keys: the one that signs, the earlier ones, those that were revoked.

The first statements key is `signing.key`, which signs the audit trail's checkpoints too and stays
for that.  Each rotation makes a further Ed25519 key in `statement-keys/`; the newest signs, all of
them verify, unless they were revoked.  Public keys lie there and nowhere else, so that a row in the
database can take trust away but never give it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from octavo_server.adapters.openssf import key_hint, signature
from octavo_server.adapters.signing import (
    SignatureRefused,
    SignedEnvelope,
    Signer,
    SigningKeyUnusable,
    Verifier,
    statement,
)
from octavo_server.registry.proof.domain import PublicKey, Revocation

Revocations = Callable[[], Mapping[str, Revocation]]
SHOWN: Final = 16


class SigningKeys:
    """Signs with the newest key and verifies with all that are trusted."""

    def __init__(self, first: Signer, folder: Path, revocations: Revocations) -> None:
        """`first` is the key in `signing.key`; `folder` keeps the later ones."""
        self._first = first
        self._folder = folder
        self._revocations = revocations
        self._opened: dict[Path, Signer] = {}

    @property
    def key_id(self) -> str:
        """Name of the key that signs."""
        return self._newest().key_id

    @property
    def public_key(self) -> dict[str, Any]:
        """The public key that signs, as plain JSON."""
        return self._newest().public_key

    def sign(self, statement_bytes: bytes) -> SignedEnvelope:
        """A DSSE envelope around a statement. Raises SigningKeyUnusable for a revoked key."""
        newest = self._newest()
        if (revoked := self._revocations().get(newest.key_id)) is not None:
            raise SigningKeyUnusable(
                f"The signing key {newest.key_id[:SHOWN]} was revoked by {revoked.by}; nothing is "
                "signed with it.",
                "Ask a platform admin to make a new one: POST /keys.",
            )
        return newest.sign(statement_bytes)

    def attest(
        self, *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
    ) -> SignedEnvelope:
        """Build a statement and sign it. Raises as `sign`."""
        return self.sign(
            statement(subjects=subjects, predicate_type=predicate_type, predicate=predicate)
        )

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """The statement that a trusted key signed. Raises SignatureRefused."""
        signers, revoked = self._signers(), self._revocations()
        trusted = [one.public_key for one in signers if one.key_id not in revoked]
        for key_id in _named(envelope):
            gone = revoked.get(key_id)
            if gone is not None and key_id in {one.key_id for one in signers}:
                raise SignatureRefused(
                    f"The key {key_id[:SHOWN]} that signed it was revoked by {gone.by} on "
                    f"{gone.at:%Y-%m-%d}: {gone.reason}",
                    "Do not use what it covers; make it anew, which signs it with today's key.",
                )
        return Verifier(trusted).verify(envelope, predicate_type=predicate_type)

    def once_signed(self, envelope: Mapping[str, Any]) -> dict[str, Any]:
        """The statement that a key of ours signed, revoked or not. Raises SignatureRefused.

        It proves that nobody changed the statement since; what it is worth, a person decides.
        """
        return Verifier([one.public_key for one in self._signers()]).verify(envelope)

    def public_keys(self) -> list[PublicKey]:
        """All statement keys, the first one first."""
        signing = self.key_id
        return [
            PublicKey(
                key_id=one.key_id,
                algorithm="ed25519",
                use="statements",
                pem=_pem(one.public_key),
                active=one.key_id == signing,
            )
            for one in self._signers()
        ]

    def rotate(self) -> PublicKey:
        """Make a further key, which signs from now on."""
        made = self._folder / f"{len(self._signers()):04}.key"
        Signer.open(made)
        return self.public_keys()[-1]

    def _newest(self) -> Signer:
        return self._signers()[-1]

    def _signers(self) -> list[Signer]:
        later = sorted(self._folder.glob("*.key")) if self._folder.is_dir() else []
        for path in later:
            if path not in self._opened:
                self._opened[path] = Signer.open(path)
        return [self._first, *(self._opened[path] for path in later)]


class ModelSigningKey:
    """The elliptic curve key that signs exported models for OpenSSF's stock tool."""

    def __init__(self, path: Path) -> None:
        """Take the key file's place; it is made (mode 0600) when it is first needed."""
        self._path = path

    def private(self) -> EllipticCurvePrivateKey:
        """The private key. Raises SigningKeyUnusable."""
        if not self._path.exists():
            _create(self._path)
        if self._path.stat().st_mode & 0o077:
            raise SigningKeyUnusable(
                f"The key {self._path} may be read by other accounts.",
                f"Run: chmod 600 {self._path}",
            )
        try:
            key = load_pem_private_key(self._path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise SigningKeyUnusable(
                f"The key {self._path} is no PEM private key: {error}",
                "Restore it from your backup.",
            ) from error
        if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
            raise SigningKeyUnusable(
                f"The key {self._path} is no P-256 key.", "Restore it from your backup."
            )
        return key

    def signature(self, name: str, files: Mapping[str, str]) -> dict[str, Any]:
        """A signature over files (path -> SHA-256). Raises Invalid for what it can't cover."""
        return signature(name, files, self.private())

    def public(self) -> PublicKey:
        """Its public half; named as the tool names it, by the SHA-256 of its PEM."""
        key = self.private().public_key()
        pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return PublicKey(
            key_id=key_hint(key),
            algorithm="ecdsa-p256",
            use="model-signing",
            pem=pem.decode(),
            active=True,
        )


def _named(envelope: Mapping[str, Any]) -> list[str]:
    """The keys that an envelope says it is signed with; nothing of it is proven."""
    found = envelope.get("signatures")
    listed = found if isinstance(found, list) else []
    return [str(one.get("keyid")) for one in listed if isinstance(one, Mapping)]


def _pem(public_key: Mapping[str, Any]) -> str:
    raw = bytes.fromhex(public_key["keyval"]["public"])
    key = Ed25519PublicKey.from_public_bytes(raw)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _create(path: Path) -> None:
    """Write a new key; of two processes that do so at once, the first one's stays."""
    key = generate_private_key(SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        temporary.unlink()
