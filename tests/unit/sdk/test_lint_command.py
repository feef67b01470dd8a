"""`octavo lint` says where, what and whether it blocks; a file that is no notebook is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.notebooks import notebook

from octavo.cli.linting import lint
from octavo.cli.notebooks import LARGEST, read_notebook
from octavo.client import Client, ClientError
from octavo_server.notebooks import parameters
from octavo_server.notebooks.document import parse
from octavo_server.notebooks.linting import rules


@pytest.fixture(autouse=True)
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer lint with the service's own rules."""

    def post(self: Client, path: str, body: Any, *, key: str | None = None) -> Any:
        assert path == "/projects/flights/notebooks/lint"
        document = parse(body.notebook)
        return {
            "lint": rules.lint(document, body.environment).model_dump(mode="json"),
            "parameters": [one.model_dump(mode="json") for one in parameters.infer(document)],
        }

    monkeypatch.setattr(Client, "post", post)
    monkeypatch.setenv("OCTAVO_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("OCTAVO_TOKEN", "t" * 32)
    monkeypatch.setenv("OCTAVO_PROJECT", "flights")


def linted(folder: Path, content: dict[str, Any], *more: str) -> Result:
    path = folder / "score.ipynb"
    path.write_text(json.dumps(content))
    return CliRunner().invoke(lint, [str(path), *more])


def test_a_sound_notebook_ends_with_0(tmp_path: Path) -> None:
    done = linted(tmp_path, notebook("n + 1"))
    assert done.exit_code == 0
    assert done.output.endswith("score.ipynb: 0 block in prod, 0 warn\n")


def test_what_blocks_ends_with_1_and_says_where(tmp_path: Path) -> None:
    done = linted(tmp_path, notebook("x = 1\nmissing"))
    assert done.exit_code == 1
    assert "score.ipynb:cell 2:2: blocks undefined-name: `missing` is defined" in done.output


def test_an_environment_with_other_weights_takes_it(tmp_path: Path) -> None:
    done = linted(tmp_path, notebook("missing"), "--environment", "dev")
    assert done.exit_code == 0
    assert "warns undefined-name" in done.output


def test_json_is_the_answer_of_the_service(tmp_path: Path) -> None:
    done = linted(tmp_path, notebook("missing"), "--json")
    answer = json.loads(done.output)
    assert answer["lint"]["findings"][0]["rule"] == "undefined-name"
    assert [one["name"] for one in answer["parameters"]] == ["n", "day"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"cells": [], "cells": []}', "the key 'cells' stands twice in one object"),
        ("[]", "is no notebook: it holds no object"),
        ("no json", "is no notebook: Expecting value"),
        ("[" * 200_000, "is nested too deep"),
        ('"' + "x" * LARGEST + '"', "at most 10,485,760 are allowed"),
    ],
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "bad.ipynb"
    path.write_text(content)
    with pytest.raises(ClientError) as refused:
        read_notebook(path)
    assert says in refused.value.message
    assert refused.value.remedy
