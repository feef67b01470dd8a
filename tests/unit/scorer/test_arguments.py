"""The scorer's command line, and the environment that stands in for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo_scorer.arguments import files_of, limits_of, read_arguments, runtime_of

GIVEN = ["--model-dir", "/m", "--name", "late", "--version", "7", "--uds", "/s"]


def test_the_command_line_says_what_to_serve() -> None:
    options = read_arguments([*GIVEN, "--memory-mib", "512", "--max-rows", "9", "--answer-s", "2"])
    assert files_of(options).identity.version == "7"
    assert files_of(options).manifest is None
    assert limits_of(options).memory_bytes == 512 << 20
    assert (limits_of(options).rows, limits_of(options).answer_s) == (9, 2)
    assert (runtime_of(options).engine, runtime_of(options).provider) == ("auto", "cpu")


def test_the_environment_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "MODEL_DIR": "/mnt/models",
        "NAME": "late",
        "VERSION": "7",
        "PORT": "8080",
        "THREADS": "4",
    }.items():
        monkeypatch.setenv(f"OCTAVO_SCORER_{name}", value)
    options = read_arguments([])
    assert files_of(options).folder == Path("/mnt/models")
    assert (options.port, runtime_of(options).threads) == (8080, 4)
    assert read_arguments(["--version", "8"]).version == "8"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (GIVEN[:-2], "name --uds or --port: where to answer"),
        (GIVEN[2:], "--model-dir"),
        ([*GIVEN, "--provider", "tpu"], "invalid choice: 'tpu'"),
    ],
)
def test_what_is_missing_is_named(
    argv: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read_arguments(argv)
    assert words in capsys.readouterr().err
