"""Notebook versions are sent beside the training: once, bounded, and never in its way."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from octavo import keeping
from octavo.client import Client
from octavo.keeping import Keeper
from octavo.notebook_files import (
    LARGEST_STRIPPED,
    ExecutingCell,
    NotebookFile,
    read_notebook,
    stripped,
    without_outputs,
)
from octavo.records.cells import LARGEST_VERSION

CELL = ExecutingCell(id="fit", source="train(5)")


class Platform:
    """A platform that answers as a test says.

    - `sent`    what was put, as (path, query, bytes)
    - `answer`  makes the answer: slow, refused or none at all
    """

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(200, json={})

    def connect(self) -> Client:
        return Client("http://octavo", "token", transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1/projects/flights/experiments/")
        self.sent.append((path, dict(request.url.params), request.read()))
        return self.answer()


@pytest.fixture
def platform() -> Platform:
    """Give a platform."""
    return Platform()


@pytest.fixture
def keeper(platform: Platform) -> Keeper:
    """Give a keeper."""
    return Keeper("flights", platform.connect)


@pytest.fixture
def notebook(tmp_path: Path) -> NotebookFile:
    """Give a small notebook."""
    path = tmp_path / "train.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": "x"}]}))
    return read_notebook(path)


def test_the_version_and_the_cell_are_sent_once(
    keeper: Keeper, platform: Platform, notebook: NotebookFile
) -> None:
    for _ in range(3):
        keeper.keep(notebook, CELL)
        assert keeper.wait(5)
    assert platform.sent == [
        (
            f"notebook-versions/{notebook.sha256}",
            {"path": notebook.shown, "exact": "true"},
            notebook.path.read_bytes(),
        ),
        (f"cell-sources/{CELL.sha256}", {}, b"train(5)"),
    ]
    assert keeper.failure(notebook.sha256) == ""


def test_nothing_is_sent_without_notebook_or_cell(keeper: Keeper, platform: Platform) -> None:
    keeper.keep(None, None)
    keeper.keep(None, ExecutingCell(id="a", source=""))
    keeper.keep(None, ExecutingCell(id="a", source="x" * 300_000))
    assert keeper.wait(5)
    assert platform.sent == []


def test_a_silent_platform_is_said_once_and_tried_again_later(
    keeper: Keeper,
    platform: Platform,
    notebook: NotebookFile,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def silent() -> httpx.Response:
        raise httpx.ConnectError("refused")

    platform.answer = silent
    with caplog.at_level(logging.WARNING, "octavo.experiments"):
        keeper.keep(notebook, CELL)
        assert keeper.wait(5)
        keeper.keep(notebook, CELL)
        assert keeper.wait(5)
    assert len(platform.sent) == 2
    (said,) = caplog.messages
    assert "could not keep this notebook's version" in said
    assert "The run is logged without it." in said
    assert "did not answer" in keeper.failure(notebook.sha256)
    platform.answer = lambda: httpx.Response(200, json={})
    monkeypatch.setattr(keeping, "AGAIN_S", 0.0)
    keeper.keep(notebook, CELL)
    assert keeper.wait(5)
    assert keeper.failure(notebook.sha256) == ""


def test_a_refusal_is_kept_in_words(
    keeper: Keeper, platform: Platform, notebook: NotebookFile
) -> None:
    shape = {"error": "too_many", "message": "It is full.", "remedy": "Ask.", "request_id": "r"}
    platform.answer = lambda: httpx.Response(429, json=shape)
    keeper.keep(notebook, None)
    assert keeper.wait(5)
    assert keeper.failure(notebook.sha256) == "It is full."


def test_a_slow_platform_holds_up_nobody(
    keeper: Keeper, platform: Platform, notebook: NotebookFile
) -> None:
    answered = threading.Event()

    def slow() -> httpx.Response:
        answered.wait(60)
        return httpx.Response(200, json={})

    platform.answer = slow
    began = time.monotonic()
    for number in range(20):
        keeper.keep(notebook, ExecutingCell(id="fit", source=f"train({number})"))
    assert time.monotonic() - began < 30.0, "it waited for the answer"
    assert not keeper.wait(0.05)
    answered.set()
    assert keeper.wait(5)


def test_a_big_notebook_is_sent_without_outputs(
    keeper: Keeper, platform: Platform, tmp_path: Path
) -> None:
    path = tmp_path / "big.ipynb"
    output = {"output_type": "stream", "name": "stdout", "text": "x" * (LARGEST_VERSION + 1)}
    cell = {"cell_type": "code", "id": "a", "source": "print()", "outputs": [output]}
    path.write_text(json.dumps({"nbformat": 4, "cells": [cell]}))
    notebook = read_notebook(path)
    assert notebook.content is None
    assert notebook.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    keeper.keep(notebook, None)
    assert keeper.wait(30)
    ((_, query, content),) = platform.sent
    assert query["exact"] == "false"
    assert json.loads(content)["cells"] == [{**cell, "outputs": []}]
    path.write_text("{}")
    with pytest.raises(ValueError, match="saved again meanwhile"):
        stripped(path, notebook.sha256, 10)
    with pytest.raises(ValueError, match="is no notebook"):
        stripped(path, hashlib.sha256(b"{}").hexdigest(), 10)


def test_an_even_bigger_one_is_linked_by_digest_alone(
    keeper: Keeper, platform: Platform, notebook: NotebookFile
) -> None:
    big = NotebookFile(
        path=notebook.path, shown="b", sha256="a" * 64, size=LARGEST_STRIPPED + 1, content=None
    )
    keeper.keep(big, None)
    assert keeper.wait(5)
    assert platform.sent == []


def test_an_unchanged_file_is_read_once(notebook: NotebookFile) -> None:
    assert read_notebook(notebook.path) is read_notebook(notebook.path)
    notebook.path.write_text("{}")
    assert read_notebook(notebook.path).sha256 == hashlib.sha256(b"{}").hexdigest()


def test_a_file_that_is_gone_has_no_digest(tmp_path: Path) -> None:
    assert read_notebook(tmp_path / "gone.ipynb").sha256 == ""


def test_outputs_and_attachments_are_left_out() -> None:
    cells = [{"outputs": [1], "attachments": {"a": 1}, "source": "s"}, "odd", {"source": "m"}]
    found = json.loads(without_outputs(json.dumps({"cells": cells}).encode()))
    assert found == {"cells": [{"outputs": [], "source": "s"}, "odd", {"source": "m"}]}
    with pytest.raises(ValueError, match="it is no notebook"):
        without_outputs(b"[]")
