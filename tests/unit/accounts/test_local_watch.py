"""Where the kernel has no control groups for Octavo: the watch, on real processes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from octavo.local.measuring import ProcessTable
from octavo_hub.failure import Failure
from octavo_hub.local.last_words import LARGEST_FILE_BYTES, LastWords
from octavo_hub.local.watch import Watch, Watched

MIB = 2**20
SEVERAL = """
import os, signal
ready, tell = os.pipe()
for _ in range(3):
    if os.fork() == 0:
        held = b"x" * (60 * 2**20)
        os.write(tell, b"1")
        signal.pause()
while len(os.read(ready, 1)) and (told := globals().get("told", 0) + 1) < 3:
    pass
print("ready", flush=True)
signal.pause()
"""
SHARED = SEVERAL.replace('        held = b"x" * (60 * 2**20)\n', "").replace(
    "for _", 'held = b"x" * (60 * 2**20)\nfor _'
)


@pytest.fixture
def family(request: pytest.FixtureRequest) -> Iterator[int]:
    """Run the script until it says that it is ready; give the id of its first process."""
    process = subprocess.Popen(
        [sys.executable, "-IS", "-c", request.param],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process.pid
        os.killpg(process.pid, signal.SIGKILL)


async def _look(pid: int, limit_mib: int) -> list[Failure]:
    told: list[Failure] = []
    watch, table = Watch(), ProcessTable()
    watch.add(
        "s1",
        Watched(limit_bytes=limit_mib * MIB, use=lambda: table.below(pid), end=told.append),
    )
    await watch.look()
    await watch.look()
    watch.remove("s1")
    return told


@pytest.mark.parametrize("family", [SEVERAL], indirect=True)
def test_memory_over_several_processes_is_seen_and_told_once_with_the_biggest(family: int) -> None:
    (told,) = asyncio.run(_look(family, 150))
    assert told.kind == "out_of_memory"
    assert "more than its 150 MiB of memory" in told.sentence
    assert "held by python" in told.sentence


@pytest.mark.parametrize("family", [SEVERAL], indirect=True)
def test_below_the_limit_nothing_is_told(family: int) -> None:
    assert asyncio.run(_look(family, 400)) == []


@pytest.mark.parametrize("family", [SHARED], indirect=True)
def test_what_forks_share_ends_nobody(family: int) -> None:
    assert asyncio.run(_look(family, 150)) == []


def test_a_servers_last_words_are_kept_for_a_failure_and_in_a_file(tmp_path: Path) -> None:
    async def hear() -> tuple[str, ...]:
        words = LastWords(tmp_path / "workspaces" / "ann.log")
        script = "for n in range(200): print('line', n)\nprint('the end', end='')"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-IS", "-c", script, stdout=words.writing, stderr=words.writing
        )
        words.close_writing()
        await process.wait()
        lines = words.lines()
        words.close()
        words.close()
        return lines

    lines = asyncio.run(hear())
    assert lines[-2:] == ("line 199", "the end")
    assert len(lines) < 100
    file = tmp_path / "workspaces" / "ann.log"
    assert file.read_text().startswith("line 0\n")
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_its_file_doesnt_grow_without_end(tmp_path: Path) -> None:
    async def shout() -> None:
        words = LastWords(tmp_path / "ann.log")
        script = f"import os\nfor _ in range(5): os.write(1, b'x' * {LARGEST_FILE_BYTES // 2})"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-IS", "-c", script, stdout=words.writing
        )
        words.close_writing()
        await process.wait()
        words.close()

    asyncio.run(shout())
    sizes = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert set(sizes) == {"ann.log", "ann.old.log"}
    assert sum(sizes.values()) < 2.5 * LARGEST_FILE_BYTES
