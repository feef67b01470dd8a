"""Every way in which a workspace on one machine fails: one sentence, one action, its class."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from octavo.local.confinement import Limits
from octavo.local.control_groups import Counters
from octavo_hub.failure import Failure
from octavo_hub.local import failures
from octavo_hub.local.incidents import incidents

GIB = 1024**3

# Real last lines of JupyterLab and of Python, and what a person reads instead.
LAST_WORDS = [
    (
        "crashed",
        1,
        (
            "[C 2026-11-23 09:01:11.102 JupyterHubSingleUser] Bad config encountered during "
            "initialization: The 'port' trait of a LabApp instance expected an int, not 'x'"
        ),
        "JupyterLab refused its configuration.",
        "~/.jupyter",
    ),
    (
        "network",
        1,
        "[I 2026-11-23 09:01:11.102 ServerApp] The port 35123 is already in use.",
        "was taken in the same moment",
        "another one",
    ),
    (
        "network",
        1,
        (
            "[C 2026-11-23 09:01:11.102 ServerApp] ERROR: the Jupyter server could not be started "
            "because no available port could be found."
        ),
        "was taken in the same moment",
        "another one",
    ),
    (
        "network",
        1,
        (
            "[E 2026-11-23 09:01:11.102 JupyterHubSingleUser] Failed to connect to my Hub at "
            "http://127.0.0.1:8001/hub/api (attempt 5/5). Is it running?"
        ),
        "couldn't reach the hub",
        "tell your platform admin",
    ),
    (
        "crashed",
        1,
        (
            "[C 2026-11-23 10:00:41.879 ServerApp] Bad config encountered during initialization: "
            "No such directory: '/nonexistent'"
        ),
        "JupyterLab refused its configuration.",
        "~/.jupyter",
    ),
    (
        "network",
        1,
        "OSError: [Errno 98] Address already in use",
        "was taken in the same moment",
        "another one",
    ),
    (
        "installation",
        1,
        "ModuleNotFoundError: No module named 'jupyterlab'",
        "lacks the Python package jupyterlab",
        "pip install 'octavo[all]'",
    ),
    (
        "home_full",
        1,
        "OSError: [Errno 28] No space left on device: '/homes/ann/.jupyter/migrated'",
        "no space left",
        "scratch place",
    ),
    (
        "home_full",
        1,
        "OSError: [Errno 122] Disk quota exceeded",
        "no space left",
        "scratch place",
    ),
    ("out_of_memory", 1, "MemoryError", "needed more than its 8 GiB", "more memory"),
    (
        "out_of_memory",
        1,
        "OSError: [Errno 12] Cannot allocate memory",
        "needed more than its 8 GiB",
        "Load less",
    ),
    (
        "crashed",
        3,
        "Fatal Python error: something nobody has seen",
        "ended by itself (exit status 3)",
        "tell your platform admin",
    ),
    ("crashed", -11, "", "killed by signal 11", "tell your platform admin"),
]


@pytest.mark.parametrize(("kind", "status", "words", "sentence", "action"), LAST_WORDS)
def test_last_words_become_a_sentence_and_an_action(
    kind: str, status: int, words: str, sentence: str, action: str
) -> None:
    lines = ["[I 2026-11-23] starting", words] if words else []
    failure = failures.said_when_it_died(status, lines, 8 * GIB)
    assert failure.kind == kind
    assert sentence in failure.sentence
    assert action in failure.action
    assert failure.raw == (tuple(lines) or ("killed by signal 11, without a word",))


def test_only_its_last_lines_are_shown() -> None:
    lines = [f"line {number}" for number in range(100)]
    assert failures.said_when_it_died(1, lines, GIB).raw == tuple(lines[-20:])


@pytest.mark.parametrize(
    ("failure", "kind", "sentence", "action"),
    [
        (failures.no_account("ann", "useradd refused"), "account", "ann", "admin"),
        (
            failures.home_not_writable(Path("/homes/ann"), "Read-only file system"),
            "volume",
            "/homes/ann can't be written to (Read-only file system)",
            "nothing in it was changed",
        ),
        (failures.died_with_the_hub(), "crashed", "together with the hub", "Start again"),
        (failures.not_furnished("flights", "why"), "volume", "project flights", "admin"),
        (failures.command_missing("/opt/python"), "installation", "/opt/python", "pip install"),
        (failures.bad_variable("cpu", "LD_PRELOAD"), "bad_profile", "LD_PRELOAD", "another"),
        (
            failures.out_of_memory(2 * GIB, "python3 (process 7)", 3 * GIB),
            "out_of_memory",
            (
                "more than its 2 GiB of memory and was ended. It used 3 GiB; most of it was held "
                "by python3 (process 7)."
            ),
            "Your files are kept",
        ),
    ],
)
def test_each_class_names_what_was_wrong_and_what_to_do(
    failure: Failure, kind: str, sentence: str, action: str
) -> None:
    assert failure.kind == kind
    assert sentence in failure.sentence
    assert action in failure.action
    assert failure.record().message == failure.text


LIMITS = Limits(memory_bytes=8 * GIB, processes=512, cpus=2)


def test_what_the_kernel_counted_is_told_once() -> None:
    before, now = Counters(), Counters(memory_kills=1)
    (told,) = incidents(before, now, LIMITS)
    assert told.kind == "out_of_memory"
    assert "limit of 8 GiB of memory, so a process (often a notebook's kernel)" in told.sentence
    assert "Load less" in told.action
    assert incidents(now, now, LIMITS) == []
    assert "3 processes" in incidents(before, replace(now, memory_kills=3), LIMITS)[0].sentence


def test_refused_processes_are_told_with_the_limit() -> None:
    (told,) = incidents(Counters(), Counters(refused_processes=4), LIMITS)
    assert "512 processes and threads; 4 more were not started" in told.sentence
    assert "n_jobs" in told.action


@pytest.mark.parametrize(
    ("periods", "throttled", "said"),
    [(50, 50, False), (300, 100, False), (300, 290, True), (0, 0, False)],
)
def test_a_share_of_cpu_that_is_always_used_up_is_told(
    periods: int, throttled: int, said: bool
) -> None:
    told = incidents(Counters(), Counters(periods=periods, throttled=throttled), LIMITS)
    assert bool(told) is said
    if said:
        assert "all of its 2 CPU and had to wait for more in 97% of the last 30" in told[0].sentence
