"""The artifact folder of the tracking service, read directly: files of logged models."""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from octavo_server.errors import Invalid, NotFound
from octavo_server.registry.versions.domain import ArtifactFile, Packaging

SCHEME: Final = "mlflow-artifacts:/"
MOST_FILES: Final = 5_000
LARGEST_TEXT: Final = 4 * 2**20
BLOCK: Final = 2**20
Sink = Callable[[bytes], object]
Read = Callable[[str], bytes | None]
"""Gives the bytes of a small file of a model by its name; None, or OSError, where it has none."""


class ArtifactFolder:
    """Files of logged models below one folder; links are never followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Every file with the digest of its bytes as they are now. Raises NotFound."""
        folder = self.folder(location)
        return tuple(_digested(folder, path) for path in _files(folder))

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copies every file into `folder`; the digests are of the bytes that were copied."""
        source = self.folder(location)
        copied = []
        for path in _files(source):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with target.open("xb") as sink:
                copied.append(_digested(source, path, sink.write))
        return tuple(copied)

    def packaging(self, location: str) -> Packaging:
        """What the model's `MLmodel` file says. Raises NotFound or Invalid."""
        return read_packaging(self.folder(location))

    def folder(self, location: str) -> Path:
        """Where the files at an address lie. Raises NotFound for one outside, or behind a link."""
        parts = location.removeprefix(SCHEME).strip("/").split("/")
        sane = location.startswith(SCHEME) and all(
            part not in ("", ".", "..") and "\0" not in part for part in parts
        )
        folder = self._root.joinpath(*parts) if sane else self._root
        if (
            not sane
            or not folder.is_dir()
            or folder.resolve() != self._root.resolve() / Path(*parts)
        ):
            raise NotFound(
                f"There are no files at {location[:200]}.",
                "Log the model again: its artifacts were removed.",
            )
        return folder


def read_packaging(folder: Path) -> Packaging:
    """What the `MLmodel` file in `folder` says. Raises NotFound or Invalid."""
    return packaging_of(lambda name: _bytes(folder, name))


def read_description(folder: Path) -> dict[str, Any]:
    """The `MLmodel` file in `folder`. Raises NotFound or Invalid."""
    return _description(lambda name: _bytes(folder, name))


def packaging_of(read: Read) -> Packaging:
    """What a model's `MLmodel` file says. Raises NotFound or Invalid."""
    described = _description(read)
    saved = described.get("saved_input_example_info")
    saved = saved if isinstance(saved, dict) else {}
    flavors = described.get("flavors")
    return Packaging(
        flavors=tuple(sorted(map(str, flavors))) if isinstance(flavors, dict) else (),
        signature=_signature(described.get("signature")),
        example=_example(read, saved),
        has_example=bool(saved.get("artifact_path")),
        requirements=tuple((_text(read, "requirements.txt") or "").splitlines()[:1_000]),
    )


def _description(read: Read) -> dict[str, Any]:
    try:
        described = yaml.safe_load(_text(read, "MLmodel") or "")
    except (yaml.YAMLError, RecursionError) as error:
        raise Invalid(
            f"The model's MLmodel file is no YAML: {str(error)[:200]}", "Log the model again."
        ) from error
    if not isinstance(described, dict):
        raise NotFound("The logged model has no MLmodel file.", "Log the model again.")
    return described


def _signature(found: Any) -> dict[str, Any] | None:
    if not isinstance(found, dict):
        return None
    parsed = {}
    for side in ("inputs", "outputs", "params"):
        text = found.get(side)
        value = _json(text) if isinstance(text, str) else None
        parsed[side] = [one for one in value if isinstance(one, dict)] if value else None
    return parsed if parsed["inputs"] or parsed["outputs"] else None


def _example(read: Read, saved: dict[str, Any]) -> dict[str, Any] | None:
    path = saved.get("artifact_path")
    text = _text(read, path) if isinstance(path, str) and "/" not in path else None
    found = _json(text) if text else None
    return found if isinstance(found, dict) else None


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except ValueError:
        return None


def _text(read: Read, name: str) -> str | None:
    """A small text file of a model, None when it is missing, large, or no text."""
    try:
        content = read(name)
        return None if content is None else content.decode()
    except (OSError, ValueError):
        return None


def _bytes(folder: Path, name: str) -> bytes | None:
    with _opened(folder / name) as descriptor:
        content = b"".join(_blocks(descriptor, LARGEST_TEXT + 1))
    return content if len(content) <= LARGEST_TEXT else None


def _files(folder: Path) -> list[str]:
    """Paths of all files below a folder. Raises Invalid for links, devices or too many files."""
    found = []
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(place) / name
            mode = path.lstat().st_mode
            if not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
                raise Invalid(
                    f"The model holds {name[:80]!r}, which is neither a file nor a folder.",
                    "Log the model without links.",
                )
        found += [(Path(place) / name).relative_to(folder).as_posix() for name in names]
    if not 0 < len(found) <= MOST_FILES:
        raise Invalid(
            f"The model has {len(found)} files; 1 to {MOST_FILES} are allowed.",
            "Log the model again, with fewer files.",
        )
    return sorted(found)


def _digested(folder: Path, path: str, sink: Sink | None = None) -> ArtifactFile:
    digest, size = hashlib.sha256(), 0
    with _opened(folder / path) as descriptor:
        for block in _blocks(descriptor):
            digest.update(block)
            size += len(block)
            if sink is not None:
                sink(block)
    return ArtifactFile(path=path, size=size, sha256=digest.hexdigest())


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _blocks(descriptor: int, most: int | None = None) -> Iterator[bytes]:
    left = most
    while left is None or left > 0:
        block = os.read(descriptor, BLOCK if left is None else min(BLOCK, left))
        if not block:
            return
        left = None if left is None else left - len(block)
        yield block
