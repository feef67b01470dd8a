"""The digest manifest of a model's files: what was signed at registration is what is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from octavo_scorer.errors import Unavailable

CHUNK = 1 << 20


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes in lower-case hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def read_manifest(path: Path) -> dict[str, str]:
    """Return path -> SHA-256 from a manifest file. Raises Unavailable when it is none."""
    try:
        document = json.loads(path.read_text("utf-8"))
        return {str(name): str(digest) for name, digest in document["files"].items()}
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Unavailable(
            f"{path} is no manifest of a model: {error!r}.", "Deploy again."
        ) from error


def verify_files(folder: Path, files: Mapping[str, str]) -> None:
    """Raise Unavailable unless ``folder`` holds exactly ``files`` with exactly these bytes."""
    present: set[str] = set()
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            raise _refused(f"{name} is a link")
        if path.is_file():
            present.add(name)
    for name in sorted(set(files) - present):
        raise _refused(f"{name} is missing")
    for name in sorted(present - set(files)):
        raise _refused(f"{name} is not in the signed manifest")
    for name, digest in sorted(files.items()):
        found = file_digest(folder / name)
        if found != digest:
            raise _refused(f"{name} has SHA-256 {found[:12]}..., signed was {digest[:12]}...")


def _refused(what: str) -> Unavailable:
    return Unavailable(
        f"The model's files are not what was registered: {what}.",
        "Register the model again; tell the platform's admin that stored files changed.",
    )
