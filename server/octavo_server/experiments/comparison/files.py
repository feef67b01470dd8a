"""Pure decisions about artifacts: which paths are taken, how a file can be shown, what an image is.

A name decides nothing but what is tried first: an image is what its bytes say.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Final

from octavo_server.errors import Invalid
from octavo_server.experiments.comparison.domain import Entry, FileKind, ImageType, Picture

LONGEST_PATH: Final = 1_000
#: Bytes of a name that file systems take.
LONGEST_PART: Final = 255
#: An image with more pixels than this fills a browser's memory, however small its file is.
MOST_PIXELS: Final = 40_000_000
#: Segments of a JPEG before the one that says its size; cameras write a few dozen.
MOST_SEGMENTS: Final = 10_000
MOST_IMAGE_BYTES: Final = 4 << 20
MOST_TABLE_BYTES: Final = 32 << 20
#: Of tables that are read from the beginning on, and of texts, this much is read.
HEAD_BYTES: Final = 2 << 20
TEXT_CHARACTERS: Final = 64_000
MOST_ENTRIES: Final = 1_000

_KINDS: Final = {
    FileKind.IMAGE: "png jpg jpeg gif webp",
    FileKind.TABLE: "csv tsv json parquet",
    FileKind.TEXT: "txt md log yaml yml toml ini cfg py sql r sh svg html htm xml jsonl mlmodel",
}
_BY_END: Final = {end: kind for kind, ends in _KINDS.items() for end in ends.split()}
_FROM_HEAD: Final = frozenset({"csv", "tsv"})


def checked_path(path: str, *, folder: bool = False) -> str:
    """The path of a file (or folder) among a run's artifacts. Raises Invalid."""
    if folder and path == "":
        return path
    parts = path.split("/")
    strange = "\\" in path or not path.isprintable() or len(path) > LONGEST_PATH
    if strange or any(part in ("", ".", "..") or not _fits(part) for part in parts):
        raise Invalid(
            f"path: {path[:100]!r} is no path of an artifact.",
            "Give a path as the list of artifacts has it, such as plots/roc.png.",
        )
    return path


def _fits(part: str) -> bool:
    return len(part.encode()) <= LONGEST_PART


def kind_of(path: str) -> FileKind:
    """How a file of this name can be shown."""
    return _BY_END.get(end_of(path), FileKind.OTHER)


def end_of(path: str) -> str:
    """The end of a file's name in small letters; the whole name without one."""
    return path.rpartition("/")[2].rpartition(".")[2].lower()


def bytes_to_read(path: str) -> int:
    """How much of a table's or a text's file is read."""
    whole = kind_of(path) is FileKind.TABLE and end_of(path) not in _FROM_HEAD
    return MOST_TABLE_BYTES if whole else HEAD_BYTES


def merged(found: Sequence[Sequence[tuple[str, int | None]]]) -> list[Entry]:
    """The entries of several runs' folders as one list, folders first."""
    sizes: dict[tuple[bool, str], list[int | None]] = {}
    for at, entries in enumerate(found):
        for path, size in entries:
            row = sizes.setdefault((size is not None, path), [None] * len(found))
            row[at] = size or 0
    return [
        Entry(
            path=path,
            kind=kind_of(path) if is_file else FileKind.FOLDER,
            sizes=tuple(sizes[is_file, path]),
        )
        for is_file, path in sorted(sizes)
    ]


def picture(content: bytes) -> Picture:
    """The image that the bytes are. Raises Invalid for what is none, or far too large."""
    for media_type, begins, size in _IMAGES:
        if content.startswith(begins):
            return _sized(media_type, size, content)
    raise Invalid(
        "The file is no PNG, JPEG, GIF or WebP, whatever its name says.",
        "Open it in MLflow, or log it as one of these.",
    )


def _sized(
    media_type: ImageType, size: Callable[[bytes], tuple[int, int] | None], content: bytes
) -> Picture:
    try:
        found = size(content)
    except (struct.error, IndexError):
        found = None
    if not found or min(found) < 1:
        raise Invalid(f"The file begins like {media_type.value} but says no size.", "Log it again.")
    width, height = found
    if width * height > MOST_PIXELS:
        raise Invalid(
            f"The image has {width} x {height} pixels; at most {MOST_PIXELS // 1_000_000} "
            "million are shown.",
            "Log a smaller one, or open it in MLflow.",
        )
    return Picture(media_type=media_type, width=width, height=height, content=content)


def _png(content: bytes) -> tuple[int, int] | None:
    width, height = struct.unpack_from(">II", content, 16)
    return (width, height) if content[12:16] == b"IHDR" else None


def _gif(content: bytes) -> tuple[int, int] | None:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """The size in the first frame header; other segments are stepped over by their length."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        if at + 9 >= len(content) or content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", content, at + 5)
            return width, height
        alone = marker == 0xFF or 0xD0 <= marker <= 0xD8
        length = 0 if alone else struct.unpack_from(">H", content, at + 2)[0]
        at += (1 if marker == 0xFF else 2) + length
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    form = content[12:16]
    if content[8:12] != b"WEBP":
        return None
    if form == b"VP8X":
        return _int24(content, 24) + 1, _int24(content, 27) + 1
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", content, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, 26)
    return width & 0x3FFF, height & 0x3FFF


def _int24(content: bytes, at: int) -> int:
    return content[at] | content[at + 1] << 8 | content[at + 2] << 16


_IMAGES: Final = (
    (ImageType.PNG, b"\x89PNG\r\n\x1a\n", _png),
    (ImageType.JPEG, b"\xff\xd8\xff", _jpeg),
    (ImageType.GIF, b"GIF8", _gif),
    (ImageType.WEBP, b"RIFF", _webp),
)
