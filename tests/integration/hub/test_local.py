"""Workspaces on this machine, with a real hub: limits, failures, full homes, a hub's death."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest
import websocket
from tests.acceptance.person import Person
from tests.support.limits import kernel_limits
from tests.support.local_hub import LocalHub, local_hub

from octavo.local.accounts import Account

pytestmark = pytest.mark.timeout(300)

ROOT = os.geteuid() == 0
MIB = 2**20
TINY = {
    "id": "tiny",
    "title": "Tiny",
    "description": "Small enough to run into its limits.",
    "resources": {
        "cpu": {"guarantee": 0.1, "limit": 1},
        "memory_gib": {"guarantee": 0.25, "limit": 1},
        "processes": 150,
    },
    "prices": [{"from": "2026-01-01", "per_hour": 0.05, "currency": "EUR"}],
    "idle": {"minutes": 30, "extension_minutes": 0},
    "longest_hours": 8,
    "ready_seconds": 8,
    "audiences": [],
    "environments": ["dev"],
    "pipelines": False,
    "environment": {"FLIGHTS_MODE": "quick"},
}
HUNGRY_CELL = """
import os, signal
children = []
for _ in range(4):
    child = os.fork()
    if child == 0:
        held = b"x" * (300 * 2**20)
        signal.pause()
    children.append(child)
ended = os.wait()
for child in children:
    if child != ended[0]:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
print(ended[1])
"""
FORKING_CELL = """
import subprocess
children = []
try:
    for _ in range(300):
        children.append(subprocess.Popen(["sleep", "60"]))
except OSError as refused:
    print(refused.strerror)
for child in children:
    child.kill()
    child.wait()
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with local_hub(tmp_path_factory.mktemp("local-hub")) as running:
        running.publish(**TINY)
        yield running


@pytest.fixture
def person(hub: LocalHub) -> Iterator[Person]:
    """Give the scientist, with no workspace before and after."""
    scientist = hub.person("scientist")
    yield scientist
    hub.fault("nobody")
    if hub.server(scientist):
        hub.stop(scientist)
    scientist.close()


def account(hub: LocalHub) -> Account:
    return hub.hub.accounts.person("scientist")


def notice(hub: LocalHub, person: Person, words: str) -> bool:
    return any(words in one["message"] for one in hub.mine(person)["notices"])


def test_a_notebook_that_takes_too_much_is_told_which_limit_it_reached(
    hub: LocalHub, person: Person
) -> None:
    hub.start(person, "tiny")
    assert "Limits of workspaces: memory" in hub.hub.log.read_text()
    if not kernel_limits() or not ROOT:
        return
    with hub.kernel(person) as kernel:
        assert kernel.run("import os; print(os.environ['FLIGHTS_MODE'])") == "quick\n"
        assert kernel.run(HUNGRY_CELL) == "9\n"
        hub.until(lambda: notice(hub, person, "limit of 1 GiB of memory"))
        assert kernel.run(FORKING_CELL) == "Resource temporarily unavailable\n"
        hub.until(lambda: notice(hub, person, "limit of 150 processes"))
    assert hub.server(person)["ready"]


def test_a_server_that_dies_takes_everything_with_it_and_says_why(
    hub: LocalHub, person: Person
) -> None:
    session = hub.start(person, "tiny")
    if not ROOT:
        return
    lab = min(account(hub).processes())
    with hub.kernel(person):
        os.kill(lab, 9)
    hub.until(lambda: account(hub).processes() == [])
    hub.until(lambda: not hub.server(person))
    query = "SELECT end_reason FROM workspace_sessions WHERE id = ?"
    hub.until(lambda: _rows(hub, query, session["id"]) == [("crashed",)])
    for page in ("/hub/home", f"/hub/user/{person.name}/lab"):
        said = person.http.get(page).text
        assert "JupyterLab ended by itself (killed by signal 9)." in said


def test_a_server_that_is_ended_for_want_of_memory_says_so(hub: LocalHub, person: Person) -> None:
    session = hub.start(person, "tiny")
    if not kernel_limits() or not ROOT:
        return
    lab = min(account(hub).processes())
    with hub.kernel(person) as kernel:
        # Only now, or the kernel would have it from its parent: the server is the first to go.
        Path(f"/proc/{lab}/oom_score_adj").write_text("1000")
        with contextlib.suppress(websocket.WebSocketException, OSError):
            kernel.run(HUNGRY_CELL)
    hub.until(lambda: not hub.server(person))
    query = "SELECT end_reason, failure, failure_text FROM workspace_sessions WHERE id = ?"
    hub.until(lambda: _rows(hub, query, session["id"])[0][0])
    ((reason, kind, message),) = _rows(hub, query, session["id"])
    assert (reason, kind) == ("crashed", "out_of_memory")
    assert "more than its 1 GiB of memory and was ended" in str(message)


@pytest.mark.parametrize(
    ("settings", "sentence", "action"),
    [
        ({"cmd": ["/missing/python"]}, "/missing/python, which starts JupyterLab", "octavo[all]"),
        (
            {"cmd": [sys.executable, "-c", "import a_module_that_is_not_there"]},
            "lacks the Python package a_module_that_is_not_there",
            "octavo[all]",
        ),
        (
            {"cmd": [sys.executable, "-c", "print('last', 'words'); raise SystemExit(3)"]},
            "JupyterLab ended by itself (exit status 3)",
            "last words",
        ),
        (
            {
                "cmd": [sys.executable, "-uc", "print('loading'); import time; time.sleep(300)"],
                "launch_timeout": 3.0,
            },
            "answer within 3 seconds",
            "loading",
        ),
        (
            {"cmd": [sys.executable, "-c", "raise OSError(28, 'No space left on device')"]},
            "no space left to write to",
            "scratch place",
        ),
    ],
)
def test_a_start_that_fails_says_why_and_what_to_do(
    hub: LocalHub, person: Person, settings: dict[str, object], sentence: str, action: str
) -> None:
    hub.fault(person.name, **settings)
    page = hub.try_to_start(person)
    assert sentence.replace("'", "&#39;") in page
    assert action in page
    if ROOT:
        assert account(hub).processes() == []
    hub.fault(person.name)
    # None of these counts as the hub's own fault, so the next start is as good as any.
    assert hub.start(person, "tiny")["state"] == "running"


@contextmanager
def small_home(hub: LocalHub, options: str = "") -> Iterator[Path]:
    """Put a file system of 40 MiB where the scientist's home is."""
    owner = account(hub)
    mounted = f"size=40m,uid={owner.uid},gid={owner.gid},mode=0700{options}"
    mount = ["mount", "-t", "tmpfs", "-o", mounted, "home", str(owner.home)]
    subprocess.run(mount, check=True)
    try:
        yield owner.home
    finally:
        owner.kill_all()
        subprocess.run(["umount", "--lazy", str(owner.home)], check=True)


def test_a_home_that_is_full_opens_a_rescue_and_is_well_again_afterwards(
    hub: LocalHub, person: Person
) -> None:
    if not ROOT:
        return
    with small_home(hub) as home:
        large = home / "large.bin"
        large.write_bytes(b"x" * (40 * MIB - 4096 * 4))
        os.chown(large, account(hub).uid, account(hub).gid)
        session = hub.start(person, "tiny")
        assert session["rescue"] is True
        assert notice(hub, person, "The disk of your home is full")
        assert notice(hub, person, "This workspace is a rescue")
        _delete(hub, person, "large.bin")
        assert not large.exists()
        with hub.kernel(person) as kernel:
            assert kernel.run("import os; print(os.getcwd())").strip() == str(home)
        hub.stop(person)
        assert not any(Path("/run").glob(f"{hub.hub.accounts.installation}/*/scratch"))
        assert hub.start(person, "tiny")["rescue"] is False
        hub.stop(person)


def _delete(hub: LocalHub, person: Person, name: str) -> None:
    """Delete a file as the file browser does, and see that it was listed."""
    place = f"/user/{person.name}/api/contents"
    headers = {"Authorization": f"token {person.token(expires_in=300)}"}
    listed = person.http.get(place, headers=headers).json()["content"]
    assert name in {one["name"] for one in listed}
    assert person.http.delete(f"{place}/{name}", headers=headers).status_code == 204


def test_a_home_that_cant_be_written_to_is_a_failure_that_is_counted(
    hub: LocalHub, person: Person
) -> None:
    if not ROOT:
        return
    with small_home(hub) as home:
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)
        page = hub.try_to_start(person, "tiny")
    assert "be written to (Read-only file system)" in page
    hub.until(lambda: hub.failures()["by_kind"].get("volume") == 1)


def test_what_a_killed_hub_leaves_behind_is_ended_and_booked(hub: LocalHub, person: Person) -> None:
    hub.start(person, "tiny")
    if not ROOT:
        return
    with hub.kernel(person) as kernel:
        started = "import subprocess; print(subprocess.Popen(['setsid', 'sleep', '600']).pid)"
        left = int(kernel.run(started))
    before = _orphans(hub)
    hub.hub.kill_hub()
    lab_gone = [left]
    hub.until(lambda: account(hub).processes() == lab_gone)
    hub.hub.start_hub()
    hub.until(lambda: not psutil.pid_exists(left))
    hub.until(lambda: _orphans(hub) - before)
    assert _orphans(hub) - before == {("scientist", "flights", "tiny")}


def _orphans(hub: LocalHub) -> set[tuple[object, ...]]:
    """Return whose orphans were booked on this hub, which the tests of this file share."""
    return {*_rows(hub, "SELECT person, project, profile FROM usage_hours WHERE kind = 'orphan'")}


def _rows(hub: LocalHub, query: str, *values: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(hub.home / "state" / "platform.sqlite")) as database:
        return database.execute(query, values).fetchall()
