"""Opens what model files come packed in, one layer at a time; nothing of it is loaded or executed.

Loaders go by a file's first bytes, not by its name, so this does too.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import PurePosixPath
from typing import IO, Final, Protocol

LARGEST: Final = 8 * 2**30
"""Bytes that one layer may unpack to."""
BLOCK: Final = 2**20
MOST_MEMBERS: Final = 20_000
LONGEST_HEADER: Final = 2**20
Packed = tuple[str, IO[bytes]]
CLOSED: Final[tuple[tuple[bytes, str], ...]] = (
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"Rar!\x1a\x07", "rar"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
)
"""First bytes -> kind of packing that isn't opened here."""
LAMBDA: Final = re.compile(rb'"class_name"\s*:\s*"Lambda"|"function_type"\s*:\s*"lambda"')
"""A layer of Keras that holds marshalled code, as its description tells."""


class Readable(Protocol):
    """What gives bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """Give at most so many."""

    def close(self) -> None:
        """Give no more."""


class Refused(ValueError):
    """It can't be looked into; the message says why."""


def layers(file: IO[bytes], name: str) -> Iterator[Packed]:
    """Give the files that are packed in ``file``, with their names; none for a plain file.

    Raises Refused for a packing that can't be opened, or that unpacks to too much.
    """
    start = _start(file)
    for magic, kind in CLOSED:
        if start.startswith(magic):
            raise Refused(f"{name}: a {kind} archive, which is not looked into")
    if zipfile.is_zipfile(file):
        yield from _zipped(file, name)
    elif _is_tar(file):
        yield from _tarred(file, name)
    elif (opened := _compressed(file, start)) is not None:
        yield PurePosixPath(name).stem, opened
    elif start.startswith(b"\x93NUMPY"):
        yield from _array(file, name)


def may_be_two(file: IO[bytes]) -> bool:
    """Whether a packed file may be something else to a loader that reads from its first byte."""
    return not _start(file).startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"\x93NUMPY"))


def holds_lambda(file: IO[bytes]) -> bool:
    """Whether a Keras model's description names a layer made of marshalled code."""
    start = _start(file)
    if not start.startswith((b"\x89HDF", b"{", b" {", b"\n{")):
        return False
    kept = b""
    file.seek(0)
    while block := file.read(BLOCK):
        if LAMBDA.search(kept + block):
            return True
        kept = block[-64:]
    return False


def _start(file: IO[bytes]) -> bytes:
    file.seek(0)
    found = file.read(16)
    file.seek(0)
    return found


def _zipped(file: IO[bytes], name: str) -> Iterator[Packed]:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check(sum(entry.file_size for entry in entries), len(entries), name)
        for entry in entries:
            if entry.flag_bits & 1:
                raise Refused(f"{name}: encrypted, so it can't be looked into")
            if not entry.is_dir():
                with archive.open(entry) as packed:
                    yield entry.filename, _kept(packed, name)


def _is_tar(file: IO[bytes]) -> bool:
    file.seek(257)
    marked = file.read(5) == b"ustar"
    file.seek(0)
    return marked or _is_old_tar(file)


def _is_old_tar(file: IO[bytes]) -> bool:
    """Whether the first block is that of an archive from before the mark; its sum tells."""
    block = file.read(512)
    file.seek(0)
    if len(block) < 512 or not block.strip(b"\0"):
        return False
    try:
        told = int(block[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return told == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _tarred(file: IO[bytes], name: str) -> Iterator[Packed]:
    seen = size = 0
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for member in archive:
            seen, size = seen + 1, size + member.size
            _check(size, seen, name)
            if member.issym() or member.islnk() or member.isdev():
                raise Refused(f"{name}: holds the link or device {member.name[:80]!r}")
            packed = archive.extractfile(member) if member.isfile() else None
            if packed is not None:
                yield member.name, _kept(packed, name)


def _compressed(file: IO[bytes], start: bytes) -> IO[bytes] | None:
    """Return what is compressed in a file, as joblib does it; None for a plain one."""
    if start.startswith(b"\x1f\x8b"):
        return _unpacked(lambda: gzip.GzipFile(fileobj=file))
    if start.startswith(b"BZh"):
        return _unpacked(lambda: bz2.BZ2File(file))
    if start.startswith((b"\xfd7zXZ\0", b"\x5d\x00\x00")):
        return _unpacked(lambda: lzma.LZMAFile(file))
    if start[:1] == b"\x78" and int.from_bytes(start[:2], "big") % 31 == 0:
        return _inflated(file)
    return None


def _unpacked(opened: Callable[[], Readable]) -> IO[bytes] | None:
    try:
        with closing(opened()) as packed:
            return _kept(packed, "it")
    except (OSError, EOFError, lzma.LZMAError):
        return None


def _inflated(file: IO[bytes]) -> IO[bytes] | None:
    try:
        return _filled(_inflating(file), "it")
    except zlib.error:
        return None


def _inflating(file: IO[bytes]) -> Iterator[bytes]:
    inflate = zlib.decompressobj()
    while block := file.read(BLOCK):
        while block:
            yield inflate.decompress(block, BLOCK)
            block = inflate.unconsumed_tail


def _array(file: IO[bytes], name: str) -> Iterator[Packed]:
    """Give the pickle behind the header of an array of objects; an array of numbers has none."""
    file.seek(6)
    wide = file.read(2)[:1] > b"\x01"
    length = int.from_bytes(file.read(4 if wide else 2), "little")
    if length > LONGEST_HEADER:
        raise Refused(f"{name}: an array whose header is {length:,} bytes long")
    header = file.read(length)
    if b"'O'" in header or b"|O" in header or b"fields" in header:
        yield f"{name} (objects)", _kept(file, name)


def _kept(packed: Readable, name: str) -> IO[bytes]:
    return _filled(iter(lambda: packed.read(BLOCK), b""), name)


def _filled(blocks: Iterator[bytes], name: str) -> IO[bytes]:
    """Return a temporary file of these bytes; whoever looks into it closes it."""
    with ExitStack() as closing_it:
        sink = closing_it.enter_context(tempfile.TemporaryFile())
        size = 0
        for block in blocks:
            size += len(block)
            _check(size, 1, name)
            sink.write(block)
        sink.seek(0)
        closing_it.pop_all()
        return sink


def _check(size: int, members: int, name: str) -> None:
    if size > LARGEST:
        raise Refused(f"{name}: unpacks to over {LARGEST / 2**30:g} GiB")
    if members > MOST_MEMBERS:
        raise Refused(f"{name}: holds over {MOST_MEMBERS:,} files")
