"""Writes a model's signature in OpenSSF's form, which the stock `model_signing` tool verifies.

The tool hashes every file again; the digests here are those that Octavo signed, so that exporting
reads the bytes once.  Form: a Sigstore bundle v0.3 with a DSSE envelope around an in-toto statement
of kind https://model_signing/signature/v1.0 (https://github.com/sigstore/model-transparency).
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from octavo_server.adapters.signing import PAYLOAD_TYPE, STATEMENT_TYPE
from octavo_server.errors import Invalid

PREDICATE: Final = "https://model_signing/signature/v1.0"
MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"


def key_hint(key: EllipticCurvePublicKey) -> str:
    """How the tool names a public key: the SHA-256 of its PEM, hex."""
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def signature(name: str, files: Mapping[str, str], key: EllipticCurvePrivateKey) -> dict[str, Any]:
    """The signature file of a model folder; `files` maps a path to its SHA-256.

    Raises Invalid for a folder of git's, which the tool would leave unchecked.
    """
    _check_paths(files)
    payload = json.dumps(_statement(name, files)).encode()
    message = b"DSSEv1 %d %s %d %s" % (
        len(PAYLOAD_TYPE),
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )
    signed = key.sign(message, ECDSA(SHA256()))
    return {
        "mediaType": MEDIA_TYPE,
        "verificationMaterial": {
            "publicKey": {"hint": key_hint(key.public_key())},
            "tlogEntries": [],
        },
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [{"sig": base64.b64encode(signed).decode(), "keyid": ""}],
        },
    }


def _statement(name: str, files: Mapping[str, str]) -> dict[str, Any]:
    root, resources = hashlib.sha256(), []
    for path in sorted(files):
        root.update(bytes.fromhex(files[path]))
        resources.append({"name": path, "algorithm": "sha256", "digest": files[path]})
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": root.hexdigest()}}],
        "predicateType": PREDICATE,
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
            "resources": resources,
        },
    }


def _check_paths(files: Mapping[str, str]) -> None:
    for path in files:
        if any(part.lower().startswith(".git") for part in path.split("/")):
            raise Invalid(
                f"The model holds {path[:200]!r}: OpenSSF's tool leaves git's own files "
                "unchecked, so that anybody could change them.",
                "Log the model again without it.",
            )
