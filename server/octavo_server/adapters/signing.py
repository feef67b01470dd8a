"""Signs statements: DSSE envelopes around in-toto Statement v1, Ed25519 keys.

One layer for everything that Octavo vouches for (model versions, releases, checkpoints).  The
private key lies in one file of mode 0600; who only verifies needs the public key alone.
Formats: https://github.com/secure-systems-lab/dsse and https://in-toto.io/Statement/v1.
"""

import copy
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SigningLibraryError
from securesystemslib.signer import CryptoSigner, Key, SSlibKey

from octavo_server.errors import Conflict, OctavoError

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"

#: A DSSE envelope as plain JSON: payload (base64), payloadType, signatures.
SignedEnvelope = dict[str, Any]


class SignatureRefused(Conflict):
    """A signature that does not prove what it should: wrong key, changed payload, no signature."""

    code = "signature_refused"
    on_trail = True


class SigningKeyUnusable(OctavoError):
    """The file of the signing key exists and is no Ed25519 private key, or others may read it."""

    code = "signing_key_unusable"
    status = 503


def statement(
    *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
) -> bytes:
    """The canonical bytes (RFC 8785) of an in-toto Statement v1.

    `subjects` maps a name to its lowercase hex SHA-256.  Equal content gives equal bytes.
    """
    document: Any = {
        "_type": STATEMENT_TYPE,
        "subject": [
            {"name": name, "digest": {"sha256": digest}}
            for name, digest in sorted(subjects.items())
        ],
        "predicateType": predicate_type,
        "predicate": dict(predicate),
    }
    return rfc8785.dumps(document)


def content(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """The statement inside an envelope, NOT verified; for showing only."""
    return _statement_in(_parsed(envelope))


class Verifier:
    """Checks envelopes against public keys; holds no secret."""

    def __init__(self, public_keys: Sequence[Mapping[str, Any]]) -> None:
        """Trusts exactly `public_keys`, each as `Signer.public_key` gives it."""
        self._keys: list[Key] = [
            SSlibKey.from_dict(str(key["keyid"]), {k: v for k, v in key.items() if k != "keyid"})
            for key in copy.deepcopy(list(public_keys))
        ]

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """The statement that a trusted key signed.

        With `predicate_type`, a genuine statement of another kind is refused too: a signature on
        one thing must not vouch for another.  Raises `SignatureRefused`.
        """
        parsed = _parsed(envelope)
        try:
            parsed.verify(self._keys, 1)
        except (SigningLibraryError, ValueError) as error:
            raise SignatureRefused(
                f"The signature does not verify against a key this install trusts: {error}",
                "Do not use what it covers; make it anew from its source.",
            ) from error
        found = _statement_in(parsed)
        if predicate_type is not None and found.get("predicateType") != predicate_type:
            raise SignatureRefused(
                f"The statement is of kind {found.get('predicateType')!r}, "
                f"{predicate_type!r} was expected.",
                "Use the envelope that belongs to this object.",
            )
        return found


class Signer(Verifier):
    """Signs with the install's key and verifies against it."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        """Holds `private_key`; use `Signer.open` for the key on disk."""
        self._signer = CryptoSigner(private_key)
        super().__init__([self.public_key])

    @classmethod
    def open(cls, path: Path) -> "Signer":
        """The signer of the key file at `path`, made (mode 0600) where there is none yet.

        Safe when several processes start at once: all end up with the same key.
        Raises `SigningKeyUnusable`.
        """
        if not path.exists():
            _create(path)
        if path.stat().st_mode & 0o077:
            raise SigningKeyUnusable(
                f"The signing key {path} may be read by other accounts "
                f"(mode {path.stat().st_mode & 0o777:04o}).",
                f"Run: chmod 600 {path}",
            )
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (ValueError, TypeError) as error:
            raise SigningKeyUnusable(
                f"The signing key {path} is no PEM private key: {error}",
                "Restore it from your backup; without it nothing new can be signed.",
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise SigningKeyUnusable(
                f"The signing key {path} is a {type(key).__name__}, Ed25519 was expected.",
                "Restore the install's own key.",
            )
        return cls(key)

    @property
    def key_id(self) -> str:
        """The stable name of the key: a SHA-256 over its public part, hex."""
        return str(self._signer.public_key.keyid)

    @property
    def public_key(self) -> dict[str, Any]:
        """The public key as plain JSON, for a `Verifier` elsewhere."""
        key = self._signer.public_key
        return {"keyid": str(key.keyid), **key.to_dict()}

    def sign(self, statement_bytes: bytes) -> SignedEnvelope:
        """A DSSE envelope around `statement_bytes` (see `statement`)."""
        envelope = Envelope(statement_bytes, PAYLOAD_TYPE, {})
        envelope.sign(self._signer)
        return dict(envelope.to_dict())

    def attest(
        self, *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
    ) -> SignedEnvelope:
        """Build a statement (see `statement`) and sign it."""
        return self.sign(
            statement(subjects=subjects, predicate_type=predicate_type, predicate=predicate)
        )


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = CryptoSigner.generate_ed25519().private_bytes
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was first; its key is the key
    finally:
        Path(temporary).unlink()


def _parsed(envelope: Mapping[str, Any]) -> Envelope:
    try:
        parsed = Envelope.from_dict(copy.deepcopy(dict(envelope)))
    except (KeyError, ValueError, TypeError, AttributeError, SigningLibraryError) as error:
        raise SignatureRefused(
            f"The envelope is malformed: {type(error).__name__}: {error}",
            "Use an envelope that Octavo wrote.",
        ) from error
    if parsed.payload_type != PAYLOAD_TYPE:
        raise SignatureRefused(
            f"The envelope's payload type is {parsed.payload_type!r}, expected {PAYLOAD_TYPE!r}.",
            "Use an envelope that Octavo wrote.",
        )
    return parsed


def _statement_in(envelope: Envelope) -> dict[str, Any]:
    try:
        document = json.loads(envelope.payload)
    except ValueError as error:
        raise SignatureRefused(
            f"The envelope's payload is no JSON: {error}", "Use an envelope that Octavo wrote."
        ) from error
    if not isinstance(document, dict) or document.get("_type") != STATEMENT_TYPE:
        raise SignatureRefused(
            f"The envelope's payload is no {STATEMENT_TYPE}.", "Use an envelope that Octavo wrote."
        )
    return document
