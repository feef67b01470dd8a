"""Paths of artifacts, what an image is, and tables that want to break their reader."""

from __future__ import annotations

import contextlib
import io
import json
import struct
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from octavo_server.adapters import sheet_child
from octavo_server.errors import Invalid
from octavo_server.experiments.comparison import files
from octavo_server.experiments.comparison.artifacts import text_of
from octavo_server.experiments.comparison.domain import FileKind, ImageType


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../secret",
        "a/../../b",
        "a//b",
        "a/./b",
        "a\\..\\b",
        "a\0b",
        "a\nb",
        "\u202egnp.exe",
        "a" * 1_001,
        "a/" + "é" * 128,
    ],
)
def test_paths_that_climb_or_hide_are_refused(path: str) -> None:
    with pytest.raises(Invalid, match="is no path of an artifact") as refused:
        files.checked_path(path)
    assert "plots/roc.png" in refused.value.remedy


@pytest.mark.parametrize("path", ["a.png", "plots/ro c.png", "ünï/<b>.csv", "...", "a..b", "100%"])
def test_paths_that_people_use_are_taken(path: str) -> None:
    assert files.checked_path(path) == path
    assert files.checked_path("", folder=True) == ""


def image(form: str, size: tuple[int, int] = (31, 17), **more: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, form, **more)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (image("PNG"), ImageType.PNG),
        (image("JPEG"), ImageType.JPEG),
        (image("JPEG", progressive=True), ImageType.JPEG),
        (image("GIF"), ImageType.GIF),
        (image("WEBP"), ImageType.WEBP),
        (image("WEBP", lossless=True), ImageType.WEBP),
        (image("WEBP", exif=b"Exif\0\0"), ImageType.WEBP),
    ],
)
def test_an_image_is_what_its_bytes_say(content: bytes, media_type: ImageType) -> None:
    found = files.picture(content)
    assert (found.media_type, found.width, found.height) == (media_type, 31, 17)


def test_a_small_file_with_a_huge_image_is_refused() -> None:
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 50_000, 50_000)
    with pytest.raises(Invalid, match="50000 x 50000 pixels; at most 40 million are shown"):
        files.picture(bomb)


def test_a_picture_of_segments_alone_costs_nothing() -> None:
    looked = (
        b"\xff\xd8"
        + b"\xff" * (files.MOST_SEGMENTS + 9)
        + b"\xc0\0\x11\x08\0\x11\0\x1f"
        + b"\0" * 9
    )
    assert files.picture(looked[:2] + looked[20:]).width == 31
    with pytest.raises(Invalid, match="begins like image/jpeg but says no size"):
        files.picture(looked)


@pytest.mark.parametrize(
    "content", [b"", b"<svg onload=alert(1)>", b"<html>", b"%PDF-1.4", b"RIFF1234AVI "]
)
def test_what_is_no_image_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid, match=r"no PNG, JPEG, GIF or WebP|says no size"):
        files.picture(content)


@given(st.sampled_from([image("PNG"), image("JPEG"), image("GIF"), image("WEBP")]), st.data())
def test_broken_images_are_refused_or_have_a_size(content: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(3, len(content)))
    noise = data.draw(st.binary(max_size=40))
    broken, found = content[:cut] + noise, None
    with contextlib.suppress(Invalid):
        found = files.picture(broken)
    assert found is None or 0 < found.width * found.height <= files.MOST_PIXELS


def test_folders_of_several_runs_become_one_list() -> None:
    first = [("plots", None), ("a.csv", 10)]
    second = [("a.csv", 12), ("z.bin", 0)]
    entries = files.merged([first, second])
    assert [(one.path, one.kind, one.sizes) for one in entries] == [
        ("plots", FileKind.FOLDER, (0, None)),
        ("a.csv", FileKind.TABLE, (10, 12)),
        ("z.bin", FileKind.OTHER, (None, 0)),
    ]


def test_a_page_or_a_drawing_is_a_text() -> None:
    assert {files.kind_of(one) for one in ("a.html", "b.SVG", "MLmodel")} == {FileKind.TEXT}
    shown = text_of(b"<script>\0\xff" + b"x" * 100_000, complete=True)
    assert shown.text is not None
    assert shown.text.startswith("<script>\ufffd\ufffdx")
    assert (len(shown.text), shown.more_rows) == (files.TEXT_CHARACTERS, True)


def parquet(columns: int, rows: int) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({f"c{n}": list(range(rows)) for n in range(columns)}), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "content", "columns", "rows"),
    [
        ("csv", b"a,b\n1,\n2,x\n", ["a", "b"], [["1", ""], ["2", "x"]]),
        ("csv", b"\xef\xbb\xbfa;b\n1;2", ["a", "b"], [["1", "2"]]),
        ("tsv", b"a\tb\n1\t2\n", ["a", "b"], [["1", "2"]]),
        ("csv", b"a,b\n1\n", ["a", "b"], [["1", None]]),
        ("csv", b"", [], []),
        ("json", b'{"columns":["a"],"data":[[1],[null]]}', ["a"], [["1"], [None]]),
        ("json", b'[{"a":1},{"b":[2]}]', ["a", "b"], [["1", None], [None, "[2]"]]),
        ("parquet", parquet(2, 2), ["c0", "c1"], [["0", "0"], ["1", "1"]]),
    ],
)
def test_the_head_of_a_table(
    kind: str, content: bytes, columns: list[str], rows: list[list[str | None]]
) -> None:
    found = sheet_child.read(kind, content, complete=True)
    assert (found["columns"], found["rows"], found["more_rows"]) == (columns, rows, False)


def test_a_table_has_an_end() -> None:
    found = sheet_child.read("parquet", parquet(150, 500), complete=True)
    assert (len(found["columns"]), len(found["rows"])) == (100, 200)
    assert (found["more_columns"], found["more_rows"]) == (50, True)
    wide = b",".join(b"c" for _ in range(500_000)) + b"\n" + b"x" * 300_000 + b"\n"
    found = sheet_child.read("csv", wide, complete=False)
    assert (len(found["columns"]), found["more_columns"], found["more_rows"]) == (
        100,
        499_900,
        True,
    )


def test_the_last_row_of_a_part_of_a_file_is_left_out() -> None:
    found = sheet_child.read("csv", b"a,b\n1,2\n3,", complete=False)
    assert (found["rows"], found["more_rows"]) == ([["1", "2"]], True)


def test_what_is_no_table_in_json_is_a_text() -> None:
    found = sheet_child.read("json", b'{"auc": 0.7}', complete=True)
    assert json.loads(found["text"]) == {"auc": 0.7}
