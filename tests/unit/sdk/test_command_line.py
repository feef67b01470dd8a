"""`octavo`: every command loads, an expected failure is a sentence and no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from octavo import __version__
from octavo.cli.main import COMMANDS, cli


def octavo(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "octavo.cli.main", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_of_the_table_loads_and_explains_itself(name: str) -> None:
    done = CliRunner().invoke(cli, [name, "--help"])
    assert done.exit_code == 0, done.output
    assert len(done.output.splitlines()) > 3


def test_the_version_is_the_packages() -> None:
    assert CliRunner().invoke(cli, ["--version"]).output == f"octavo, version {__version__}\n"


def test_an_unknown_command_is_refused() -> None:
    done = octavo("upp")
    assert done.returncode == 2
    assert "No such command" in done.stderr


def test_nothing_running_is_said_in_words_and_in_json(tmp_path: Path) -> None:
    words = octavo("status", OCTAVO_HOME=str(tmp_path))
    assert f"Octavo is not running from {tmp_path}" in words.stdout
    answer = json.loads(octavo("status", "--json", OCTAVO_HOME=str(tmp_path)).stdout)
    assert answer["ready"] is False
    assert answer["processes"] == []


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"OCTAVO_PORT": "eight"}, "OCTAVO_PORT is 'eight'"),
        ({"VERSION": "99"}, "made by a newer Octavo"),
        ({"thesis.tex": "mine"}, "holds files that are not Octavo's"),
    ],
)
def test_what_keeps_octavo_from_starting_is_one_sentence_and_a_remedy(
    tmp_path: Path, environment: dict[str, str], sentence: str
) -> None:
    settings = {name: value for name, value in environment.items() if name.startswith("OCTAVO_")}
    for name in environment.keys() - settings.keys():
        (tmp_path / name).write_text(environment[name])
    before = sorted(file.name for file in tmp_path.iterdir())
    done = octavo("up", OCTAVO_HOME=str(tmp_path), **settings)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == before


def test_the_status_names_the_address_that_was_chosen_at_the_start(tmp_path: Path) -> None:
    environment = {"OCTAVO_HOME": str(tmp_path), "OCTAVO_PORT": ""}
    before = CliRunner().invoke(cli, ["status", "--json"], env=environment)
    assert json.loads(before.output)["url"] == "http://127.0.0.1:8000/"
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "ready").write_text("http://127.0.0.1:46000")
    after = CliRunner().invoke(cli, ["status", "--json"], env=environment)
    assert json.loads(after.output)["url"] == "http://127.0.0.1:46000/"
