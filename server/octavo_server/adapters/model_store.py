"""The store of models: immutable files named by their SHA-256, in a folder of the services.

A folder of files is kept as its manifest, whose digest is its address. The same bytes are kept
once, however many versions hold them. Nothing is removed but what somebody names who knows that
nobody uses it; what is kept meanwhile stays, as one of both waits for the other.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from octavo_server.errors import Conflict, NotFound, Unavailable
from octavo_server.registry.registration.domain import Staged
from octavo_server.registry.registration.leftovers import Shelved, ShelvedKind
from octavo_server.registry.versions.service import ArtifactFile, manifest_digest

SCHEME: Final = "octavo-models:/"
BLOCK: Final = 2**20
LARGEST_MANIFEST: Final = 8 * 2**20
DAMAGED: Final = "Restore the store of models from a backup; what it belongs to can't be trusted."
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def digest_in(location: str) -> str:
    """Return the manifest's digest in an address of the store. Raises NotFound for none."""
    digest = location.removeprefix(SCHEME)
    if not location.startswith(SCHEME) or not _DIGEST.fullmatch(digest):
        raise NotFound(
            f"There are no files at {location[:200]}.", "Register the model again from its run."
        )
    return digest


def manifest_text(files: Sequence[ArtifactFile]) -> bytes:
    """Return the manifest whose SHA-256 is the address of these files."""
    return json.dumps(
        [{"path": one.path, "sha256": one.sha256, "size": one.size} for one in _sorted(files)],
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
    ).encode()


def read_manifest(text: bytes, digest: str) -> tuple[ArtifactFile, ...]:
    """Return the files that a manifest lists. Raises Conflict when it isn't the one named."""
    if hashlib.sha256(text).hexdigest() != digest:
        raise Conflict(f"The manifest kept as {digest[:12]} has changed.", DAMAGED)
    listed: list[dict[str, Any]] = json.loads(text)
    return tuple(ArtifactFile(**one) for one in listed)


def missing_manifest(digest: str) -> NotFound:
    """Return what is said of a manifest that isn't kept."""
    return NotFound(
        f"The store holds no model {digest[:12]}.",
        "Restore the store from a backup, or register the model again from its run.",
    )


class ModelFolder:
    """The store as a folder: ``blobs/ab/<sha256>`` and ``manifests/<sha256>.json``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, staged: Staged) -> str:
        """Keep staged files and return their address; they move, so nothing is copied again.

        All is on disk before this returns. Raises Unavailable when the disk refuses.
        """
        digest = manifest_digest(staged.files)
        try:
            for part in ("", "blobs", "manifests"):
                (self._root / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._held(fcntl.LOCK_SH):
                folders = {self._keep_file(staged.folder, one) for one in staged.files}
                for folder in folders:
                    _sync(folder)
                self._keep_manifest(digest, manifest_text(staged.files))
        except OSError as error:
            raise Unavailable(
                f"The model can't be kept: {error.strerror or error}.",
                "Ask an admin to look at the disk below OCTAVO_HOME, then try again.",
            ) from error
        return f"{SCHEME}{digest}"

    def listed(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return the files at an address, as they were kept. Raises NotFound or Conflict."""
        digest = digest_in(location)
        try:
            text = self._manifest(digest).read_bytes()
        except FileNotFoundError:
            raise missing_manifest(digest) from None
        return read_manifest(text, digest)

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return every file with the digest of its bytes as they are now."""
        return tuple(self._read(one) for one in self.listed(location) if self._there(one))

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copy every file into ``folder``; the digests are of the bytes that were copied."""
        copied = []
        for one in self.listed(location):
            if self._there(one):
                target = folder / one.path
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                copied.append(self._read(one, target))
        return tuple(copied)

    def text(self, location: str, path: str, most: int) -> bytes | None:
        """Return a small file at an address; None when it is not there or larger than ``most``."""
        for one in self.listed(location):
            if one.path == path and one.size <= most and self._there(one):
                return self._blob(one.sha256).read_bytes()
        return None

    def addresses(self) -> list[str]:
        """Return the address of every model that is kept, sorted."""
        folder = self._root / "manifests"
        found = folder.glob("*.json") if folder.is_dir() else ()
        return sorted(f"{SCHEME}{one.stem}" for one in found)

    def size(self) -> int:
        """Return how many bytes the store's files fill."""
        folder = self._root / "blobs"
        found = folder.glob("*/*") if folder.is_dir() else ()
        return sum(one.stat().st_size for one in found)

    def address(self, digest: str) -> str:
        """Return the address of the model whose manifest has this digest."""
        return f"{SCHEME}{digest}"

    def shelved(self) -> Iterator[Shelved]:
        """Give everything that is kept, and what a keeping that was cut off left behind."""
        for path in self._root.glob("manifests/*.json"):
            yield _shelved(ShelvedKind.MANIFEST, path.stem, path)
        for path in self._root.glob("blobs/*/*"):
            yield _shelved(ShelvedKind.FILE, path.name, path)

    def discard(self, one: Shelved, before: datetime) -> bool:
        """Remove something unless somebody kept it again since; say whether it went."""
        manifest = one.kind is ShelvedKind.MANIFEST
        path = self._manifest(one.digest) if manifest else self._blob(one.digest)
        with self._held(fcntl.LOCK_EX):
            try:
                if _shelved(one.kind, one.digest, path).kept_at >= before:
                    return False
                path.unlink()
            except FileNotFoundError:
                return False
        return True

    @contextmanager
    def _held(self, how: int) -> Iterator[None]:
        """Keep together, or remove alone, for the block."""
        handle = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, how)
            yield
        finally:
            os.close(handle)

    def _keep_file(self, staged: Path, one: ArtifactFile) -> Path:
        blob = self._blob(one.sha256)
        blob.parent.mkdir(mode=0o700, exist_ok=True)
        if self._there(one):
            os.utime(blob)  # whoever removes what is old must not take it now
        else:
            source = staged / one.path
            _sync(source)
            os.utime(source)
            # Renamed from a link: the name in the stage stays for whoever looks at it meanwhile.
            part = blob.with_name(f".part-{os.getpid()}-{one.sha256}")
            part.unlink(missing_ok=True)
            os.link(source, part)
            part.replace(blob)
            part.unlink(missing_ok=True)  # renaming onto itself leaves both names
        return blob.parent

    def _keep_manifest(self, digest: str, text: bytes) -> None:
        path = self._manifest(digest)
        part = path.with_name(f".part-{os.getpid()}-{digest}")
        with part.open("wb") as sink:
            sink.write(text)
            sink.flush()
            os.fsync(sink.fileno())
        part.chmod(0o444)
        part.replace(path)
        _sync(path.parent)

    def _there(self, one: ArtifactFile) -> bool:
        """Whether a file's bytes are kept; bytes of another length are as good as none."""
        try:
            return self._blob(one.sha256).stat().st_size == one.size
        except FileNotFoundError:
            return False

    def _read(self, one: ArtifactFile, target: Path | None = None) -> ArtifactFile:
        digest, size = hashlib.sha256(), 0
        with ExitStack() as opened:
            source = opened.enter_context(self._blob(one.sha256).open("rb"))
            sink = opened.enter_context(target.open("xb")) if target else None
            while block := source.read(BLOCK):
                digest.update(block)
                size += len(block)
                if sink is not None:
                    sink.write(block)
        return ArtifactFile(path=one.path, size=size, sha256=digest.hexdigest())

    def _blob(self, digest: str) -> Path:
        return self._root / "blobs" / digest[:2] / digest

    def _manifest(self, digest: str) -> Path:
        return self._root / "manifests" / f"{digest}.json"


def _shelved(kind: ShelvedKind, digest: str, path: Path) -> Shelved:
    found = path.stat()
    kept_at = datetime.fromtimestamp(found.st_mtime, UTC)
    return Shelved(kind=kind, digest=digest, size=found.st_size, kept_at=kept_at)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sorted(files: Sequence[ArtifactFile]) -> list[ArtifactFile]:
    return sorted(files, key=lambda one: one.path)
