"""What a person's notebook can't reach: other people's files and processes, the platform's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from octavo.local.accounts import Accounts
from octavo.local.own_view import can_hide
from tests.acceptance.installation import Installation
from tests.acceptance.person import Kernel, Person, kernel
from tests.support.limits import kernel_limits

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


REFUSED = ({"refused": "PermissionError"}, {"refused": "FileNotFoundError"})
"""What reading another account's process meets: it may not, or the process isn't in its sight."""


@pytest.fixture(scope="module")
def reviewers_kernel(people: Callable[[str], Person], scientist_kernel: Kernel) -> Iterator[Kernel]:
    """Give a kernel in the reviewer's workspace, beside the scientist's."""
    with kernel(people("reviewer")) as made:
        yield made


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
        "state/workspaces",
        "logs/workspaces",
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
        for file in ("environ", "mem", "maps", "fd", "cwd"):
            opened = f"os.readlink('/proc/{pid}/cwd')" if file == "cwd" else _read(pid, file)
            assert attempt(scientist_kernel, opened) in REFUSED
        for number in ("SIGTERM", "SIGSTOP", "SIGKILL"):
            signalled = f"os.kill({pid}, signal.{number})"
            assert attempt(scientist_kernel, signalled) == {"refused": "PermissionError"}
        lowered = f"os.setpriority(os.PRIO_PROCESS, {pid}, 19)"
        assert attempt(scientist_kernel, lowered) == {"refused": "PermissionError"}


def _read(pid: int, file: str) -> str:
    return f"os.listdir('/proc/{pid}/fd')" if file == "fd" else f"open('/proc/{pid}/{file}').read()"


def test_it_cant_look_into_the_platforms_processes(
    octavo: Installation, scientist_kernel: Kernel
) -> None:
    own = Accounts(octavo.home).name_of("scientist")
    others = [one for one in octavo.family() if psutil.Process(one.pid).username() != own]
    assert len(others) > 4
    for one in others:
        assert attempt(scientist_kernel, _read(one.pid, "environ")) in REFUSED


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


def test_it_sees_its_own_processes_alone(scientist_kernel: Kernel) -> None:
    seen = "{os.stat(f'/proc/{p}').st_uid for p in os.listdir('/proc') if p.isdigit()}"
    own = scientist_kernel.run("import os; print({os.getuid()})").strip()
    if can_hide():
        assert attempt(scientist_kernel, seen)["got"] == own


def test_another_persons_kernel_cant_be_reached(
    octavo: Installation, scientist_kernel: Kernel, reviewers_kernel: Kernel
) -> None:
    """No port of it takes code, and its sockets and keys are out of reach."""
    runtime = reviewers_kernel.run("import os; print(os.environ['JUPYTER_RUNTIME_DIR'])").strip()
    found = sorted(Path(runtime).glob("kernel-*"))
    assert any(one.suffix == ".json" for one in found)
    sockets = [one for one in found if one.is_socket()]
    assert len(sockets) == 5
    refused = {"refused": "PermissionError"}
    assert attempt(scientist_kernel, f"os.listdir({runtime!r})") == refused
    for one in found:
        assert attempt(scientist_kernel, f"open({str(one)!r}).read()") == refused
    for one in sockets:
        joined = f"__import__('socket').socket(1).connect({str(one)!r})"
        assert attempt(scientist_kernel, joined) == refused


def test_nothing_of_the_services_is_in_its_environment(
    octavo: Installation, scientist_kernel: Kernel
) -> None:
    held = scientist_kernel.run("import os; print(chr(10).join(map(str, os.environ.values())))")
    tokens = [file.read_text().strip() for file in (octavo.home / "state" / "tokens").iterdir()]
    assert len(tokens) >= 4
    assert not any(token in held for token in tokens)
    names = scientist_kernel.run("import os; print(*os.environ)").split()
    assert not {"PYTHONPATH", "LD_PRELOAD", "LD_LIBRARY_PATH", "CONFIGPROXY_AUTH_TOKEN"} & {*names}


def test_it_is_shown_no_gpu_that_wasnt_lent_to_it(scientist_kernel: Kernel) -> None:
    shown = scientist_kernel.run("import os; print(repr(os.environ['CUDA_VISIBLE_DEVICES']))")
    assert shown.strip() == "''"
    for device in sorted(Path("/dev").glob("nvidia[0-9]*")):
        opened = attempt(scientist_kernel, f"open({str(device)!r}, 'rb').read(1)")
        assert "refused" in opened or opened["got"] == "b''"


def test_its_limits_hold_for_all_its_processes_together(scientist_kernel: Kernel) -> None:
    groups = scientist_kernel.run("print(open('/proc/self/cgroup').read())")
    if not kernel_limits():
        return
    assert any("/oct-" in line for line in groups.splitlines())
    # Its own limits are none of its business to change.
    for name in ("memory.limit_in_bytes", "memory.max", "pids.max"):
        for file in Path("/sys/fs/cgroup").glob(f"**/oct-*-u-scientist/{name}"):
            written = f"open({str(file)!r}, 'w')"
            assert attempt(scientist_kernel, written) == {"refused": "PermissionError"}
