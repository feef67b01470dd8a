"""What a person's notebook can't reach: other people's files and processes, the platform's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from octavo.local.accounts import Accounts
from tests.acceptance.installation import Installation
from tests.acceptance.person import Kernel, Person

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

TRY = """
import json, os, pathlib, signal, urllib.error, urllib.request

def attempt(action):
    try:
        return {{"got": repr(action())[:200]}}
    except urllib.error.HTTPError as refused:
        return {{"refused": refused.code, "body": refused.read().decode()[:500]}}
    except OSError as refused:
        return {{"refused": type(refused).__name__}}

def fetch(url):
    return urllib.request.urlopen(urllib.request.Request(url), timeout=20).read()

print(json.dumps(attempt(lambda: {action})))
"""


def attempt(kernel: Kernel, action: str) -> dict[str, Any]:
    """Have a notebook's kernel do something, and say what it got or how it was refused."""
    answer: dict[str, Any] = json.loads(kernel.run(TRY.format(action=action)))
    return answer


@pytest.fixture
def reviewers_processes(octavo: Installation, scientist_kernel: Kernel) -> list[int]:
    """List the processes of the reviewer's account."""
    name = Accounts(octavo.home).name_of("reviewer")
    found = [one.pid for one in psutil.process_iter(["username"]) if one.info["username"] == name]
    assert found
    return found


def test_it_runs_under_the_persons_own_account(
    octavo: Installation, scientist_kernel: Kernel
) -> None:
    who = attempt(
        scientist_kernel, "(__import__('pwd').getpwuid(os.getuid()).pw_name, os.getcwd())"
    )
    assert Accounts(octavo.home).name_of("scientist") in who["got"]
    assert str(octavo.home / "homes" / "scientist") in who["got"]


@pytest.mark.parametrize(
    "place",
    [
        "homes/reviewer",
        "homes",
        "state",
        "state/platform.sqlite",
        "state/mlflow.sqlite",
        "state/hub.sqlite",
        "state/signing.key",
        "state/people.json",
        "state/tokens/octavo",
        "people.txt",
        "artifacts",
        "releases",
        "logs/server.log",
    ],
)
def test_it_cant_read(place: str, octavo: Installation, scientist_kernel: Kernel) -> None:
    path = octavo.home / place
    assert path.exists()
    opened = (
        f"list(pathlib.Path({str(path)!r}).iterdir())"
        if path.is_dir()
        else f"open({str(path)!r}).read()"
    )
    assert attempt(scientist_kernel, opened) == {"refused": "PermissionError"}


@pytest.mark.parametrize("place", ["lake", "features", "homes/reviewer", "runs", "scorers", "."])
def test_it_cant_write(place: str, octavo: Installation, scientist_kernel: Kernel) -> None:
    file = octavo.home / place / "planted"
    answer = attempt(scientist_kernel, f"open({str(file)!r}, 'w')")
    assert answer == {"refused": "PermissionError"}


def test_it_reads_the_lake(octavo: Installation, scientist_kernel: Kernel) -> None:
    file = next((octavo.home / "lake").rglob("*.parquet"))
    assert "PAR1" in attempt(scientist_kernel, f"open({str(file)!r}, 'rb').read(4)")["got"]


def test_it_cant_look_into_or_end_another_persons_processes(
    scientist_kernel: Kernel, reviewers_processes: list[int]
) -> None:
    for pid in reviewers_processes:
        for action in (f"open('/proc/{pid}/environ').read()", f"os.kill({pid}, signal.SIGTERM)"):
            assert attempt(scientist_kernel, action) == {"refused": "PermissionError"}


def test_it_cant_look_into_the_platforms_processes(
    octavo: Installation, scientist_kernel: Kernel
) -> None:
    own = Accounts(octavo.home).name_of("scientist")
    others = [one for one in octavo.family() if psutil.Process(one.pid).username() != own]
    assert len(others) > 4
    for one in others:
        answer = attempt(scientist_kernel, f"open('/proc/{one.pid}/environ').read()")
        assert answer == {"refused": "PermissionError"}


def test_every_inner_port_wants_a_token(octavo: Installation, scientist_kernel: Kernel) -> None:
    paths = {
        1: "/hub/api/users",
        2: "/services/octavo/api/v1/projects",
        3: "/services/tracking/api/2.0/mlflow/experiments/search",
        4: "/api/rawdata",
    }
    for offset, path in paths.items():
        url = f"http://127.0.0.1:{octavo.port + offset}{path}"
        answer = attempt(scientist_kernel, f"fetch({url!r})")
        assert answer.get("refused") in {401, 403}, (path, answer)


def test_another_persons_workspace_wants_a_token_at_its_own_port(
    scientist_kernel: Kernel, reviewers_processes: list[int]
) -> None:
    ports = {
        connection.laddr.port
        for pid in reviewers_processes
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
    assert ports
    for port in ports:
        url = f"http://127.0.0.1:{port}/user/reviewer/api/contents"
        assert attempt(scientist_kernel, f"fetch({url!r})").get("refused") == 403


def test_its_own_token_reaches_no_other_workspace(
    octavo: Installation, people: Callable[[str], Person], scientist_kernel: Kernel
) -> None:
    url = f"{octavo.url}/user/reviewer/api/contents"
    asked = (
        f"urllib.request.urlopen(urllib.request.Request({url!r}, "
        "headers={'Authorization': 'token ' + os.environ['OCTAVO_TOKEN']}), timeout=20).read()"
    )
    assert attempt(scientist_kernel, asked).get("refused") == 403


def test_its_home_is_private(octavo: Installation, scientist_kernel: Kernel) -> None:
    home = Path(octavo.home / "homes" / "scientist")
    assert home.stat().st_mode & 0o777 == 0o700
    assert home.owner() == Accounts(octavo.home).name_of("scientist")
