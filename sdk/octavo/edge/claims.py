"""What a signed edge bundle claims: which model, for whom, and how new it is.

A bundle is Octavo's bundle of a model (:mod:`octavo.bundles`) with two files, ``model.onnx`` and
``contract.json``, and a statement of its own kind.  The statement names the place that it is for
(a deployment, an alias, a version) and a generation, which grows with every change there, a
rollback too: so an older version is only taken when the platform signed that it is the newest word.
"""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.bundles import verify_bundle
from octavo.envelopes import Refused, TrustedKeys

PREDICATE = "urn:octavo:statement:edge-bundle:v1"
"""Kind of the signed statement about an edge bundle."""
MODEL_FILE, CONTRACT_FILE = "model.onnx", "contract.json"
FILES = frozenset({MODEL_FILE, CONTRACT_FILE})
KINDS = ("deployment", "alias", "version")
MOST_ENTRIES = 16
LARGEST = 2 << 30
"""Bytes of a bundle, unless the device's settings say less."""
_AGAIN = "Pull it again; if that is refused too, tell the platform's people."


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a bundle is for: what a device follows."""

    project: str
    """Project."""
    kind: str
    """deployment, alias or version."""
    name: str
    """The deployment; ``model@alias``; or the model."""

    def __str__(self) -> str:
        """It in words."""
        return f"{self.kind} {self.project}/{self.name}"


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What a verified statement says."""

    place: Place
    """Where it is for."""
    model: str
    """The registered model."""
    version: int
    """Its version."""
    generation: int
    """Grows with each change at the place."""
    digest: str
    """SHA-256 of the signed statement; names the bundle."""
    source: str
    """Digest of the registered version whose form this is."""
    example: Mapping[str, Any] | None
    """Rows that the model predicts on: ``columns`` and ``data``, or ``inputs``."""
    key_id: str
    """Key that signed it."""


def digest_of(payload: bytes) -> str:
    """Name of a bundle: SHA-256 of the bytes that were signed."""
    return hashlib.sha256(payload).hexdigest()


def check_bundle(path: Path, keys: TrustedKeys, largest: int = LARGEST) -> Claim:
    """Return what a bundle (zip file or folder) claims, once all of it holds. Raises Refused.

    Nothing is unpacked, and nothing that is larger than ``largest`` is read.
    """
    if not path.is_dir():
        _refuse_bombs(path, largest)
    verdict = verify_bundle(path, keys)
    if not verdict.ok:
        raise Refused(f"The bundle doesn't verify: {verdict.faults[0]}", _AGAIN)
    if (kind := verdict.statement.get("predicateType")) != PREDICATE:
        raise Refused(
            f"It is a genuine bundle of another kind ({str(kind)[:100]!r}): none for devices.",
            "Give a bundle that `octavo edge export` wrote.",
        )
    if verdict.subjects.keys() != FILES:
        names = ", ".join(sorted(verdict.subjects))[:200]
        raise Refused(
            f"The bundle holds {names}; a device takes {MODEL_FILE} and {CONTRACT_FILE}.", _AGAIN
        )
    return read_claim(verdict.statement, verdict.key_id)


def read_claim(statement: Mapping[str, Any], key_id: str) -> Claim:
    """Return what a verified statement says. Raises Refused for one out of shape."""
    try:
        said = statement["predicate"]
        place = Place(**{name: str(said["place"][name]) for name in ("project", "kind", "name")})
        if place.kind not in KINDS:
            raise ValueError(f"place {place.kind[:40]!r}")
        return Claim(
            place=place,
            model=str(said["model"]),
            version=int(said["version"]),
            generation=int(said["generation"]),
            digest=digest_of(canonical(statement)),
            source=str(said["source"]),
            example=None if said.get("example") is None else json.loads(said["example"]),
            key_id=key_id,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Refused(
            f"The signed statement is out of shape: {type(error).__name__} {str(error)[:100]}.",
            "Update this client: the platform may be newer.",
        ) from error


def canonical(statement: Mapping[str, Any]) -> bytes:
    """Return one form of a statement, so that its digest is the same everywhere."""
    return json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()


def _refuse_bombs(path: Path, largest: int) -> None:
    """Raise Refused for an archive that would grow, or is larger than a device takes."""
    try:
        size = path.stat().st_size
        if size > largest:
            raise Refused(
                f"The bundle has {size:,} bytes; this device takes {largest:,}.",
                "Raise --largest-mib, or use a smaller model.",
            )
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (OSError, zipfile.BadZipFile) as error:
        raise Refused(f"{path} is no bundle: {str(error)[:200]}.", _AGAIN) from error
    if len(entries) > MOST_ENTRIES:
        raise Refused(
            f"The bundle holds {len(entries):,} files; a device takes {MOST_ENTRIES}.", _AGAIN
        )
    for one in entries:
        if stat.S_ISLNK(one.external_attr >> 16):
            raise Refused(f"{one.filename[:200]!r} in the bundle is a link.", "Don't unpack it.")
        if one.compress_type != zipfile.ZIP_STORED or one.file_size != one.compress_size:
            raise Refused(
                f"{one.filename[:200]!r} in the bundle is packed and would grow to "
                f"{one.file_size:,} bytes; Octavo packs nothing.",
                "Don't unpack it.",
            )
    if sum(one.file_size for one in entries) > size:
        raise Refused(
            "The bundle's files overlap: it would grow when unpacked.", "Don't unpack it."
        )
