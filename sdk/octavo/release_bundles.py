"""Checks exported releases of notebooks, offline: every byte against what was signed.

An exported release is a zip file or a folder with the files of the release side by side:
``manifest.json`` names all others by SHA-256, the release's name is the SHA-256 of the manifest,
and ``manifest.dsse.json`` is the signed statement about that name.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rfc8785

from octavo.envelopes import Refused, TrustedKeys, signer_of, verify_envelope

MANIFEST = "manifest.json"
SIGNATURE = "manifest.dsse.json"
PREDICATE = "https://octavo.dev/attestations/notebook-release/v1"
LARGEST_FILE = 256 << 20
MOST_FILES = 20


@dataclass(frozen=True, kw_only=True)
class ReleaseVerdict:
    """What checking an exported release found."""

    faults: tuple[str, ...]
    """What doesn't hold, as sentences; empty: all does."""
    digest: str = ""
    """The release's name: SHA-256 of its manifest."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """The manifest; empty when its signature doesn't hold."""
    key_id: str = ""
    """Name of the key that signed it."""
    files: int = 0
    """Files that were checked beside the manifest and its signature."""

    @property
    def ok(self) -> bool:
        """True when all holds."""
        return not self.faults


def is_release(path: Path) -> bool:
    """Whether a zip file or folder has the form of an exported release."""
    if path.is_dir():
        return (path / MANIFEST).is_file()
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return MANIFEST in archive.namelist()


def verify_release(path: Path, keys: TrustedKeys) -> ReleaseVerdict:
    """Check an exported release against keys that one trusts.

    Raises Refused for what can't be read, a foreign or revoked key, a broken signature.
    """
    files = _read(path)
    envelope = _json(files, SIGNATURE)
    manifest = _json(files, MANIFEST)
    statement = verify_envelope(envelope, keys, predicate_type=PREDICATE)
    digest = hashlib.sha256(rfc8785.dumps(manifest)).hexdigest()
    faults = []
    if digest not in [one.get("digest", {}).get("sha256") for one in statement["subject"]]:
        faults.append(f"The signature is about another manifest than this one ({digest[:16]}).")
    named = manifest.get("files")
    named = named if isinstance(named, dict) else {}
    for name in sorted({*named, *files} - {MANIFEST, SIGNATURE}):
        if name not in files:
            faults.append(f"{name} is missing.")
        elif name not in named:
            faults.append(f"{name} isn't part of the release.")
        elif hashlib.sha256(files[name]).hexdigest() != named[name].get("sha256"):
            faults.append(f"{name} isn't the file that was signed.")
    return ReleaseVerdict(
        faults=tuple(faults),
        digest=digest,
        manifest=manifest if not faults else {},
        key_id=signer_of(envelope, keys),
        files=len(named),
    )


def _read(path: Path) -> dict[str, bytes]:
    try:
        if path.is_dir():
            found = [one for one in path.iterdir() if one.is_file() and not one.is_symlink()]
            _bound(len(found), max((one.stat().st_size for one in found), default=0), path)
            return {one.name: one.read_bytes() for one in found}
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _bound(len(entries), max((one.file_size for one in entries), default=0), path)
            return {one.filename: archive.read(one) for one in entries}
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise Refused(f"{path} can't be read: {error}.", "Export the release again.") from error


def _bound(files: int, largest: int, path: Path) -> None:
    if files > MOST_FILES or largest > LARGEST_FILE:
        raise Refused(
            f"{path} has {files} files, the largest of {largest:,} bytes; a release has at most "
            f"{MOST_FILES} of {LARGEST_FILE:,}.",
            "Export the release again.",
        )


def _json(files: Mapping[str, bytes], name: str) -> dict[str, Any]:
    if name not in files:
        raise Refused(f"The release has no {name}.", "Export the release again.")
    try:
        found = json.loads(files[name])
    except (ValueError, RecursionError) as error:
        raise Refused(f"{name} is no JSON: {error}.", "Export the release again.") from error
    if not isinstance(found, dict):
        raise Refused(f"{name} holds no object.", "Export the release again.")
    return found
