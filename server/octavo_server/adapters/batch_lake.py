"""A project's lake as batches see it: what there is to score, and the place of outputs."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from octavo_server.adapters.lake_folders import FILE, entered, opened, write_durably
from octavo_server.deployments.batches.domain import Batch, LakeFile, Partition, Planned
from octavo_server.deployments.batches.ports import PartitionFailed
from octavo_server.deployments.batches.rules import MOST_FILES, MOST_PARTITIONS
from octavo_server.errors import Invalid, NotFound, Unavailable

SUFFIXES: Final = (".parquet", ".csv")
NO_VALUE: Final = "__HIVE_DEFAULT_PARTITION__"
"""How Hive writes a folder of rows whose key has no value."""
DEEPEST: Final = 8
LARGEST_OUTPUT: Final = 8 * 2**30
CHUNK: Final = 1 << 20
MANIFEST: Final = "_manifest.json"
SIGNATURE: Final = "_manifest.dsse.json"


class ProjectLakes:
    """The lakes of one machine, one folder a project."""

    def __init__(self, lakes: Path) -> None:
        self._lakes = lakes

    def partitions(self, project: str, source: str) -> list[Planned]:
        """Return the partitions of a file or folder in order. Raises NotFound and Invalid."""
        parts = source.split("/")
        root = self._lakes / project
        try:
            return _Walk(source).found(root, parts)
        except FileNotFoundError:
            raise NotFound(
                f"The lake of {project} has no {source[:80]!r}; {_there(root, parts)}.",
                "Correct the path, or load the data first.",
            ) from None
        except NotADirectoryError:
            raise Invalid(
                f"source: {source[:80]!r} leads over a link or a file, which is not followed.",
                "Name the folder that holds the files.",
            ) from None

    @contextmanager
    def reading(self, project: str, file: LakeFile) -> Iterator[tuple[int, str]]:
        """Give a file's descriptor and the SHA-256 of what it reads.

        Raises PartitionFailed for a file that isn't what was chosen.
        """
        try:
            handle = opened(self._lakes / project, file.path.split("/"))
        except OSError as error:
            raise PartitionFailed(
                f"{file.path} can't be read: {error.strerror}.",
                "Put the file back, then resume the batch.",
            ) from error
        try:
            _check_unchanged(handle, file)
            with os.fdopen(handle, "rb", closefd=False) as bytes_of:
                digest = hashlib.file_digest(bytes_of, "sha256").hexdigest()
            os.lseek(handle, 0, os.SEEK_SET)
            yield handle, digest
            _check_unchanged(handle, file)
        finally:
            os.close(handle)

    def stage(self, batch: Batch, partition: Partition, made: Path) -> tuple[str, int]:
        """Copy an output beside its place; see :class:`ports.Lake`. Raises Unavailable."""
        handle = _plain(made)
        try:
            return self._copied(handle, batch, partition)
        except OSError as error:
            raise Unavailable(
                f"{batch.output}/{partition.output} can't be written: {error.strerror}.",
                "Make room in the lake, and look whether its folder batches is a folder.",
            ) from error

    def _copied(self, handle: int, batch: Batch, partition: Partition) -> tuple[str, int]:
        with os.fdopen(handle, "rb") as source, self._place(batch, partition, create=True) as place:
            folder, name = place
            part = _part(name)
            with suppress(FileNotFoundError):
                os.unlink(part, dir_fd=folder)
            new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            digest, size = hashlib.sha256(), 0
            with os.fdopen(os.open(part, new, 0o600, dir_fd=folder), "wb") as target:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
                    _check_size(size)
                    target.write(chunk)
                target.flush()
                os.fchmod(target.fileno(), 0o444)
                os.fsync(target.fileno())
            os.fsync(folder)
        return digest.hexdigest(), size

    def publish(self, batch: Batch, partition: Partition) -> bool:
        """Show a staged output under its name; see :class:`ports.Lake`."""
        try:
            with self._place(batch, partition) as (folder, name):
                if (there := _digest(folder, name)) is None:
                    if _digest(folder, _part(name)) != partition.digest:
                        return False
                    # A link, not a rename: it fails where somebody put a file meanwhile.
                    os.link(_part(name), name, src_dir_fd=folder, dst_dir_fd=folder)
                elif there != partition.digest:
                    raise _taken(batch, partition)
                with suppress(FileNotFoundError):
                    os.unlink(_part(name), dir_fd=folder)
                os.fsync(folder)
        except FileNotFoundError:
            return False
        except FileExistsError:
            raise _taken(batch, partition) from None
        return True

    def put_manifest(self, batch: Batch, manifest: bytes, envelope: Mapping[str, Any]) -> None:
        """Write the manifest and its signature beside the outputs. Raises OSError."""
        with entered(self._lakes / batch.project, batch.output.split("/"), create=True) as folder:
            write_durably(folder, MANIFEST, manifest)
            write_durably(folder, SIGNATURE, json.dumps(dict(envelope)).encode())

    @contextmanager
    def _place(
        self, batch: Batch, partition: Partition, *, create: bool = False
    ) -> Iterator[tuple[int, str]]:
        *parts, name = f"{batch.output}/{partition.output}".split("/")
        with entered(self._lakes / batch.project, parts, create=create) as folder:
            yield folder, name


class _Walk:
    """Finds the partitions below a folder."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._planned: list[Planned] = []
        self._files = 0

    def found(self, root: Path, parts: Sequence[str]) -> list[Planned]:
        with entered(root, parts[:-1]) as above:
            facts = os.stat(parts[-1], dir_fd=above, follow_symlinks=False)
            if stat.S_ISREG(facts.st_mode):
                if not parts[-1].endswith(SUFFIXES):
                    return []
                return [Planned(name=parts[-1], keys={}, files=(_file(self._source, facts),))]
        with entered(root, parts) as folder:
            self._folder(folder, (), {})
        return self._planned

    def _folder(self, folder: int, below: tuple[str, ...], keys: dict[str, str | None]) -> None:
        own: list[LakeFile] = []
        for name in sorted(os.listdir(folder)):
            if name.startswith((".", "_")):
                continue  # what readers of tables leave out too: marks, manifests, parts
            facts = os.stat(name, dir_fd=folder, follow_symlinks=False)
            path = "/".join((self._source, *below, name))
            if stat.S_ISDIR(facts.st_mode):
                self._below(folder, name, below, keys)
            elif not stat.S_ISREG(facts.st_mode):
                raise Invalid(
                    f"source: {path[-120:]!r} is a link or no plain file.",
                    "Replace it with the file itself.",
                )
            elif name.endswith(SUFFIXES):
                own.append(_file(path, facts))
        self._keep(own, below, keys)

    def _below(
        self, folder: int, name: str, below: tuple[str, ...], keys: dict[str, str | None]
    ) -> None:
        key, equals, value = name.partition("=")
        inner = (*below, name)
        if not equals or not key or len(inner) > DEEPEST:
            raise Invalid(
                f"source: the folder {'/'.join(inner)[:120]!r} in {self._source[:80]!r} is none of "
                f"the form column=value, at most {DEEPEST} deep.",
                "Name that folder as the source, or name its folders by the column they stand for.",
            )
        read = None if value == NO_VALUE else unquote(value)
        with _entered_at(folder, name) as lower:
            self._folder(lower, inner, {**keys, unquote(key): read})

    def _keep(
        self, own: list[LakeFile], below: tuple[str, ...], keys: dict[str, str | None]
    ) -> None:
        self._files += len(own)
        if self._files > MOST_FILES or len(self._planned) > MOST_PARTITIONS:
            raise Invalid(
                f"source: {self._source[:80]!r} has over {MOST_FILES:,} files or "
                f"{MOST_PARTITIONS:,} partitions.",
                "Name a folder further down, in several batches.",
            )
        if own and keys:
            self._planned.append(Planned(name="/".join(below), keys=keys, files=tuple(own)))
        else:
            named = [(one.path.rpartition("/")[2], one) for one in own]
            self._planned += [Planned(name=name, keys={}, files=(one,)) for name, one in named]


@contextmanager
def _entered_at(folder: int, name: str) -> Iterator[int]:
    """Give the descriptor of a folder in a folder. Raises OSError, also for a link."""
    below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
    try:
        yield below
    finally:
        os.close(below)


def _file(path: str, facts: os.stat_result) -> LakeFile:
    return LakeFile(path=path, size=facts.st_size, mtime_ns=facts.st_mtime_ns)


def _there(root: Path, parts: Sequence[str]) -> str:
    """Say what is there, on the deepest step that exists."""
    if not root.is_dir():
        return "the project has no data yet"
    for depth in range(len(parts) - 1, -1, -1):
        with suppress(OSError), entered(root, parts[:depth]) as folder:
            every = sorted(one.name for one in os.scandir(folder))
            names = [one for one in every if not one.startswith(".")]
            where = "/".join(parts[:depth]) or "it"
            return f"{where[:80]} has {', '.join(names[:12])[:300] or 'nothing'}"
    return "it can't be read"


def _check_unchanged(handle: int, file: LakeFile) -> None:
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode):
        raise PartitionFailed(f"{file.path} is no plain file.", "Replace it with the file itself.")
    if (facts.st_size, facts.st_mtime_ns) != (file.size, file.mtime_ns):
        raise PartitionFailed(
            f"{file.path} changed since the batch was started: it had {file.size:,} bytes, now "
            f"{facts.st_size:,}.",
            "Start another batch, which scores it as it is now.",
        )


def _plain(made: Path) -> int:
    """Return the descriptor of an output that a stranger wrote. Raises PartitionFailed."""
    try:
        with entered(made.parent, ()) as folder:
            handle = os.open(made.name, FILE, dir_fd=folder)
    except OSError as error:
        raise PartitionFailed(
            f"The scored output can't be taken over: {error.strerror}.", "Resume the batch."
        ) from error
    facts = os.fstat(handle)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
        os.close(handle)
        raise PartitionFailed("The scored output is no plain file.", "Look into the model's code.")
    return handle


def _check_size(size: int) -> None:
    if size > LARGEST_OUTPUT:
        raise PartitionFailed(
            f"The output is over {LARGEST_OUTPUT:,} bytes.", "Split the partition, or keep less."
        )


def _part(name: str) -> str:
    return f".{name}.part"


def _digest(folder: int, name: str) -> str | None:
    """Return the SHA-256 of a plain file, None where there is none."""
    try:
        handle = os.open(name, FILE, dir_fd=folder)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return ""
        return hashlib.file_digest(file, "sha256").hexdigest()


def _taken(batch: Batch, partition: Partition) -> PartitionFailed:
    return PartitionFailed(
        f"{batch.output}/{partition.output} is there already and is not what was scored.",
        "Move that file away, then resume the batch.",
    )
