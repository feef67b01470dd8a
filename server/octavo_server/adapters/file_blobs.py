"""Immutable bytes in a folder, named by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from octavo_server.errors import Conflict, NotFound


class FileBlobs:
    """Blobs in a folder that only the services may enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> str:
        """Keep ``content`` and return its digest; the same bytes are kept once."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if path.exists():
            return digest
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)  # noqa: PTH105 - the temporary name is text
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes. Raises NotFound, or Conflict when the stored bytes have changed."""
        try:
            content = self._path(digest).read_bytes()
        except FileNotFoundError:
            raise NotFound(f"No bytes are kept under the digest {digest}.") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise Conflict(
                f"The bytes kept as {digest} have changed on disk.",
                "Restore them from a backup; what they belong to can't be trusted.",
            )
        return content

    def _path(self, digest: str) -> Path:
        if len(digest) != 64 or not all(one in "0123456789abcdef" for one in digest):
            raise NotFound(f"{digest[:80]!r} is no SHA-256.")
        return self._folder / digest[:2] / digest
