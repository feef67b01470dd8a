"""What a process reads is remembered, told in batches, and never in a read's way."""

import json
import sys
import threading
import time
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from octavo import feature_reads
from octavo.feature_reads import MOST_WAITING, ReadBook, columns_of

ASKED = ["carrier_delay:mean_24h", "carrier_delay:count", "weather:wind"]
COLUMNS = {"carrier_delay": ["mean_24h", "count"], "weather": ["wind"]}


class Platform:
    """Keeps what it is told; ``fails`` makes it raise, ``told`` is set with each telling."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, Mapping[str, object]]] = []
        self.fails = False
        self.told = threading.Event()

    def take(self, project: str, body: Mapping[str, object]) -> None:
        self.told.set()
        if self.fails:
            raise OSError("nobody answers")
        self.bodies.append((project, body))

    def lines(self) -> list[dict[str, object]]:
        return [line for _, body in self.bodies for line in body["reads"]]  # type: ignore[attr-defined]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def book(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> ReadBook:
    monkeypatch.setenv("HOME", "/home/ann")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ann/late/train.ipynb")
    return ReadBook(platform.take, every_s=3600)


def read(book: ReadBook, asked: str | list[str] = ASKED, how: str = "historical") -> None:
    columns = COLUMNS if isinstance(asked, str) else columns_of(asked)
    book.note("flights", asked, how, lambda: columns)  # type: ignore[arg-type]


def test_the_same_read_is_counted_and_told_once(book: ReadBook, platform: Platform) -> None:
    for _ in range(3):
        read(book)
    read(book, how="online")
    book.flush()
    book.flush()
    [(project, _)] = platform.bodies
    assert project == "flights"
    first = platform.lines()[0]
    assert first == {
        "view": "carrier_delay",
        "columns": ["mean_24h", "count"],
        "service": "",
        "how": "historical",
        "count": 3,
        "subject": "late/train.ipynb",
    }
    assert [(line["view"], line["how"], line["count"]) for line in platform.lines()] == [
        ("carrier_delay", "historical", 3),
        ("weather", "historical", 3),
        ("carrier_delay", "online", 1),
        ("weather", "online", 1),
    ]


def test_a_service_is_told_with_its_views(book: ReadBook, platform: Platform) -> None:
    read(book, "flights_late")
    book.flush()
    assert {(line["view"], line["service"]) for line in platform.lines()} == {
        ("carrier_delay", "flights_late"),
        ("weather", "flights_late"),
    }
    assert json.loads(book.text()) == {"views": COLUMNS, "services": ["flights_late"]}


def test_an_open_run_is_the_subject(
    book: ReadBook, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = SimpleNamespace(info=SimpleNamespace(run_id="4f" * 16))
    monkeypatch.setitem(sys.modules, "mlflow", cast(Any, SimpleNamespace(active_run=lambda: run)))
    read(book)
    book.flush()
    assert platform.lines()[0]["subject"] == "run:" + "4f" * 16


def test_nothing_that_goes_wrong_reaches_a_read(book: ReadBook, platform: Platform) -> None:
    def broken() -> Mapping[str, list[str]]:
        raise RuntimeError("no such service")

    book.note("flights", "gone", "online", broken)
    platform.fails = True
    read(book)
    with pytest.raises(OSError, match="nobody answers"):
        book.flush()
    platform.fails = False
    read(book)
    book.flush()
    assert len(platform.lines()) == 2  # what could not be told is forgotten, the next is not


def test_a_thread_tells_without_being_asked(platform: Platform) -> None:
    book = ReadBook(platform.take, every_s=0.01)
    read(book)
    assert platform.told.wait(10)


def test_without_a_platform_no_thread_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCTAVO_URL", raising=False)
    before = threading.active_count()
    alone = ReadBook()
    read(alone)
    assert threading.active_count() == before
    assert json.loads(alone.text())["views"] == COLUMNS


def test_what_waits_is_bounded_and_cheap(book: ReadBook, platform: Platform) -> None:
    for n in range(MOST_WAITING + 50):
        read(book, [f"view_{n}:a"])
    started = time.thread_time()
    for _ in range(2_000):
        read(book)
    assert (time.thread_time() - started) / 2_000 < 0.001
    book.flush()
    assert len(platform.lines()) == MOST_WAITING
    assert all(len(body["reads"]) <= 200 for _, body in platform.bodies)  # type: ignore[arg-type]


def test_a_tag_is_never_longer_than_mlflow_takes(book: ReadBook) -> None:
    assert book.text() == ""
    read(book, [f"view_{n}:column_{n}_{m}" for n in range(20) for m in range(40)])
    assert json.loads(book.text()) == {
        "views": {f"view_{n}": [] for n in range(20)},
        "services": [],
    }
    for n in range(150):
        read(book, [f"a_view_with_a_rather_long_name_{n}:x"])
    assert len(book.text()) <= feature_reads.LONGEST_TAG
    assert json.loads(book.text())["views"]
