"""Previews and diffs take turns: whoever floods them keeps nobody else from the service."""

import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from octavo.local.accounts import Accounts
from octavo_server.adapters import nbdime_differ
from octavo_server.adapters.feast_engine import FeastEngine
from octavo_server.adapters.nbdime_differ import NbdimeDiffer
from octavo_server.adapters.sheet_reader import SheetReader
from octavo_server.errors import Invalid, Unavailable
from octavo_server.experiments.comparison import artifacts
from octavo_server.experiments.comparison.artifacts import ArtifactsService
from octavo_server.turns import Turns

DEADLINE_S = 10.0


class Held:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def __call__(self, *_: Any, **__: Any) -> Any:
        assert self.go.wait(DEADLINE_S)
        return {"columns": [], "rows": [], "more_rows": False, "more_columns": 0, "text": ""}


def test_one_who_waited_too_long_is_told() -> None:
    turns = Turns("previews", at_once=1, most_waiting=1, wait_s=0.01)
    with (
        turns.turn(),
        pytest.raises(Unavailable, match=r"Other previews kept this one waiting for over 0\.01 s"),
        turns.turn(),
    ):
        pass
    with turns.turn():
        pass


def test_one_more_than_may_wait_is_told_at_once() -> None:
    turns = Turns("previews", at_once=1, most_waiting=0, wait_s=3600)
    with (
        turns.turn(),
        pytest.raises(Unavailable, match="As many previews as can be") as refused,
        turns.turn(),
    ):
        pass
    assert refused.value.remedy == "Try again in a moment."


class Files:
    """A run with a table that takes its time."""

    def __init__(self, held: Held) -> None:
        self._held = held

    def run(self, project: str, run_id: str) -> Any:
        return SimpleNamespace(run_id=run_id)

    def read(self, run_id: str, path: str, most: int) -> tuple[bytes, bool]:
        self._held()
        return b"a\n1\n", True


def _tables_of_runs(
    folder: Path, held: Held, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], object]:
    monkeypatch.setattr(artifacts, "AT_ONCE", 2)
    monkeypatch.setattr(artifacts, "MOST_WAITING", 4)
    runs: Any = Files(held)
    service = ArtifactsService(runs, runs, SheetReader(Accounts(folder), folder))
    return lambda: service.sheet("flights", "r", "notes.txt")


def _images(folder: Path, held: Held, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    monkeypatch.setattr(artifacts, "AT_ONCE", 2)
    monkeypatch.setattr(artifacts, "MOST_WAITING", 4)
    runs: Any = Files(held)
    service = ArtifactsService(runs, runs, SheetReader(Accounts(folder), folder))

    def one() -> object:
        with contextlib.suppress(Invalid):
            return service.image("flights", "r", "roc.png")
        return None

    return one


def _diffs(folder: Path, held: Held, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    differ = NbdimeDiffer()
    monkeypatch.setattr(nbdime_differ, "_ask", lambda *_: held() and b"[]")
    return lambda: differ.diff(b"{}", b"{}")


def _tables(folder: Path, held: Held, monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    engine = FeastEngine(lambda: datetime.now(UTC))
    monkeypatch.setattr(engine, "_ask", lambda *_: {"tables": [held()]})
    return lambda: engine.tables(folder)


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (_tables_of_runs, "previews of files"),
        (_images, "previews of files"),
        (_diffs, "diffs of notebooks"),
        (_tables, "looks at the lake"),
    ],
)
def test_a_flood_is_refused_before_it_takes_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Any, what: str
) -> None:
    held = Held()
    ask = made(tmp_path, held, monkeypatch)
    said: list[str] = []

    def one() -> None:
        try:
            ask()
        except Unavailable as error:
            said.append(error.message)
            told.release()

    told = threading.Semaphore(0)
    people = [threading.Thread(target=one) for _ in range(10)]
    for person in people:
        person.start()
    try:  # two are at work, four wait, and the others know at once
        assert all(told.acquire(timeout=DEADLINE_S) for _ in range(4))
    finally:
        held.go.set()
        for person in people:
            person.join(DEADLINE_S)
    assert said == [f"As many {what} as can be are under way or waiting already."] * 4
