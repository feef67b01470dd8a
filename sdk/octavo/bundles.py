"""Checks exported bundles of models, offline: every byte against what was signed.

A bundle is a zip file or a folder.  `model/` holds the files that were signed, `proof/` what proves
them: `statement.dsse.json` (the signed statement), bills of materials with their own signatures,
and `model.sig` for OpenSSF's stock tool.
"""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from octavo.envelopes import LARGEST_ENVELOPE, Refused, TrustedKeys, signer_of, verify_envelope

MODEL = "model/"
"""Where the files lie that the statement is about."""
PROOF = "proof/"
STATEMENT = PROOF + "statement.dsse.json"
BILLS = {
    PROOF + "sbom.cdx.json": PROOF + "sbom.dsse.json",
    PROOF + "mlbom.cdx.json": PROOF + "mlbom.dsse.json",
}
"""Bills of materials, each with the envelope that signs it."""
BILL_PREDICATE = "urn:octavo:statement:bill-of-materials:v1"
"""Kind of the signed statement about a bill of materials."""
UNSIGNED = frozenset({PROOF + "model.sig", PROOF + "keys.json"})
"""What is in a bundle for other tools; nothing here relies on it."""
MOST_FILES = 20_000
BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class BundleVerdict:
    """What checking a bundle found."""

    faults: tuple[str, ...]
    """What doesn't hold, as sentences; empty: all does."""
    subjects: Mapping[str, str] = field(default_factory=dict)
    """Path below `model/` -> SHA-256, as signed."""
    statement: Mapping[str, Any] = field(default_factory=dict)
    """The signed statement; empty when its signature doesn't hold."""
    key_id: str = ""
    """Name of the key that signed it."""
    files: int = 0
    """Files that were checked."""
    bills: int = 0
    """Bills of materials that were checked."""

    @property
    def ok(self) -> bool:
        """True when all holds."""
        return not self.faults


class _Content(Protocol):
    """Files of a bundle by their path."""

    paths: tuple[str, ...]

    def open(self, path: str) -> IO[bytes]:
        """Open one of the files for reading."""


class _Folder:
    """A bundle that was unpacked; links and devices are refused."""

    def __init__(self, root: Path) -> None:
        found = []
        for path in sorted(root.rglob("*")):
            mode = path.lstat().st_mode
            shown = path.relative_to(root).as_posix()
            if stat.S_ISDIR(mode):
                continue
            if not stat.S_ISREG(mode):
                raise Refused(
                    f"{shown[:200]!r} in the bundle is no plain file.",
                    "Unpack the bundle anew; it has neither links nor devices.",
                )
            found.append(shown)
        self._root = root
        self.paths = tuple(found)

    def open(self, path: str) -> IO[bytes]:
        """Open one of the files for reading."""
        return (self._root / path).open("rb")


class _Archive:
    """A bundle as a zip file; entries that would leave the folder are refused."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        entries = [one for one in archive.infolist() if not one.is_dir()]
        names = [one.filename for one in entries]
        for one in entries:
            _check_entry(one)
        if len(set(names)) != len(names):
            twin = next(name for name in names if names.count(name) > 1)
            raise Refused(
                f"The bundle holds {twin[:200]!r} twice.", "Get the bundle again; don't use it."
            )
        self._archive = archive
        self.paths = tuple(sorted(names))

    def open(self, path: str) -> IO[bytes]:
        """Open one of the files for reading."""
        return self._archive.open(path)


def verify_bundle(path: Path, keys: TrustedKeys) -> BundleVerdict:
    """Check a bundle against the keys that one trusts; nothing of it is loaded or unpacked.

    Raises Refused when it is no bundle at all.
    """
    with _opened(path) as content:
        if len(content.paths) > MOST_FILES:
            raise Refused(
                f"The bundle holds {len(content.paths):,} files; at most {MOST_FILES:,} are read.",
                "Get the bundle again; no model has so many files.",
            )
        try:
            envelope = _json(content, STATEMENT)
            statement = verify_envelope(envelope, keys)
        except Refused as refusal:
            return BundleVerdict(faults=(f"{refusal.message} {refusal.remedy}",))
        subjects = subjects_of(statement)
        faults, bills = list(_differences(content, subjects)), 0
        for bill, signed in BILLS.items():
            if bill in content.paths or signed in content.paths:
                faults += _bill_faults(content, bill, signed, keys, subjects)
                bills += 1
        faults += _strays(content)
        return BundleVerdict(
            faults=tuple(faults),
            subjects=subjects,
            statement=statement,
            key_id=signer_of(envelope, keys),
            files=len(subjects),
            bills=bills,
        )


def subjects_of(statement: Mapping[str, Any]) -> dict[str, str]:
    """Path -> SHA-256 of what a statement is about. Raises Refused for one without."""
    try:
        found = {str(one["name"]): str(one["digest"]["sha256"]) for one in statement["subject"]}
    except (KeyError, TypeError) as error:
        raise Refused(
            "The signed statement doesn't list files by their SHA-256.",
            "Use a bundle that Octavo exported.",
        ) from error
    if not found:
        raise Refused("The signed statement lists no file.", "Use a bundle that Octavo exported.")
    return found


def manifest_of(subjects: Mapping[str, str]) -> str:
    """One SHA-256 for a list of files: over the lines `<sha256>  <path>`, sorted by path."""
    lines = "".join(f"{subjects[path]}  {path}\n" for path in sorted(subjects))
    return hashlib.sha256(lines.encode()).hexdigest()


def _differences(content: _Content, subjects: Mapping[str, str]) -> Iterator[str]:
    stored = {one.removeprefix(MODEL) for one in content.paths if one.startswith(MODEL)}
    for path in sorted(subjects.keys() - stored):
        yield f"{path} was signed and is missing."
    for path in sorted(stored - subjects.keys()):
        yield f"{path} was added: nobody signed it."
    for path in sorted(stored & subjects.keys()):
        found = _sha256(content, MODEL + path)
        if found != subjects[path]:
            yield f"{path} was changed: {subjects[path][:12]} was signed, {found[:12]} is here."


def _strays(content: _Content) -> Iterator[str]:
    known = {STATEMENT, *BILLS, *BILLS.values(), *UNSIGNED}
    for path in content.paths:
        if not path.startswith(MODEL) and path not in known:
            yield f"{path} was added: it is no part of a bundle."


def _bill_faults(
    content: _Content, bill: str, signed: str, keys: TrustedKeys, subjects: Mapping[str, str]
) -> Iterator[str]:
    try:
        statement = verify_envelope(_json(content, signed), keys, BILL_PREDICATE)
        if subjects_of(statement).get("model") != manifest_of(subjects):
            yield f"{bill} is about another model."
        if bill not in content.paths:
            yield f"{bill} was signed and is missing."
        elif statement["predicate"].get("sha256") != (found := _sha256(content, bill)):
            yield f"{bill} was changed: {found[:12]} is not what was signed."
    except Refused as refusal:
        yield f"{bill}: {refusal.message}"


def _json(content: _Content, path: str) -> dict[str, Any]:
    if path not in content.paths:
        raise Refused(f"The bundle has no {path}.", "Use a bundle that Octavo exported.")
    with content.open(path) as file:
        raw = file.read(LARGEST_ENVELOPE + 1)
    try:
        found = json.loads(raw) if len(raw) <= LARGEST_ENVELOPE else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(f"{path} is no JSON object.", "Use a bundle that Octavo exported.")
    return found


def _sha256(content: _Content, path: str) -> str:
    digest = hashlib.sha256()
    try:
        with content.open(path) as file:
            while block := file.read(BLOCK):
                digest.update(block)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise Refused(
            f"{path[:200]!r} in the bundle can't be read: {error}.", "Get the bundle again."
        ) from error
    return digest.hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[_Content]:
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield _Archive(archive)
    except (OSError, zipfile.BadZipFile) as error:
        raise Refused(
            f"{path} is no bundle: {error}.", "Give a zip file or folder that Octavo exported."
        ) from error


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Raise Refused for a name that leaves the folder, and for a link."""
    name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
    parts = PurePosixPath(name).parts
    if (
        name.startswith("/")
        or "\\" in name
        or any(part in ("..", ".") for part in name.split("/"))
        or PurePosixPath(*parts).as_posix() != name
    ):
        raise Refused(
            f"The bundle holds {name[:200]!r}, which leads out of it.", "Don't unpack it."
        )
    if kind not in (0, stat.S_IFREG):
        raise Refused(f"{name[:200]!r} in the bundle is no plain file.", "Don't unpack it.")
