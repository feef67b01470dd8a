"""A real hub: people sign in, see their cards, start a workspace, and stay apart."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.hub import RunningHub, await_until, running_hub
from tests.support.limits import kernel_limits

from octavo.local.confinement import EVALUATION_MODE

ROOT = os.geteuid() == 0
PATH = {"PATH": "/usr/bin:/bin"}


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


def _server(hub: RunningHub, person: str, token: str | None = None) -> dict[str, Any]:
    headers = {"Authorization": f"token {token or hub.token('octavo')}"}
    answer = httpx.get(f"{hub.url}/hub/api/users/{person}", headers=headers)
    found: dict[str, Any] = answer.json().get("servers", {}).get("", {})
    return found


def _start(hub: RunningHub, client: httpx.Client, **form: str) -> httpx.Response:
    return hub.post(client, "/hub/spawn", {"project": "flights", "profile": "cpu-small"} | form)


def _sentence(answer: httpx.Response) -> str:
    found = re.search(r'role="alert">\s*(.*?)\s*</p>', answer.text, re.DOTALL)
    return found[1] if found else ""


def _cost(hub: RunningHub, client: httpx.Client) -> dict[str, Any]:
    """Read the project's cost with a token that the person makes on the hub."""
    token = next(c.value for c in client.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
    made = client.post(
        "/hub/api/users/scientist/tokens",
        json={"note": "test", "expires_in": 60},
        headers={"X-XSRFToken": token or "", "Referer": f"{hub.url}/hub/token"},
    ).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    answer = client.get("/services/octavo/api/v1/projects/flights/cost", headers=headers)
    found: dict[str, Any] = answer.json()
    return found


def _as(hub: RunningHub, person: str, *command: str) -> subprocess.CompletedProcess[str]:
    account = hub.accounts.person(person)
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env=PATH | account.environment(),
        **account.popen_kwargs(),
    )


def test_a_wrong_password_is_refused_and_no_cards_are_shown(hub: RunningHub) -> None:
    with hub.browser("scientist", "wrong") as client:
        answer = client.get("/hub/spawn")
        assert answer.url.path == "/hub/login"
        assert "cpu-small" not in answer.text


def test_a_person_sees_the_cards_of_the_own_project(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        text = client.get("/hub/spawn").text
    for words in ("Late flights", "Small CPU", "0.12", "500 of 500 EUR", "60 min idle"):
        assert words in text
    assert "This machine has no GPU" in text or "Start One GPU" in text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"profile": "huge"}, "There is no profile &#39;huge&#39;"),
        ({"project": "secret"}, "no project &#39;secret&#39;"),
        ({"image": "evil"}, "The image &#39;evil&#39; is none of Small CPU&#39;s"),
        ({"privileged": "true"}, "Unknown option &#39;privileged&#39;"),
        ({"environment": "LD_PRELOAD=/tmp/x.so"}, "Unknown option &#39;environment&#39;"),
        ({"profile": "../cpu"}, "profile is &#39;../cpu&#39;; it must be small letters"),
        ({"profile": ""}, "No profile was chosen. Choose one on the start page."),
        ({"digest": "sha256:" + "0" * 64}, "was changed after you opened the page"),
    ],
)
def test_a_smuggled_choice_is_refused_on_the_page(
    hub: RunningHub, form: dict[str, str], sentence: str
) -> None:
    with hub.browser("reviewer") as client:
        answer = _start(hub, client, **form)
    assert answer.status_code in {400, 403, 404, 422}
    assert sentence in _sentence(answer)
    assert _server(hub, "reviewer") == {}


def test_a_smuggled_option_is_refused_at_the_api_too(hub: RunningHub) -> None:
    with hub.browser("reviewer") as client:
        token = next(c.value for c in client.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
        headers = {"X-XSRFToken": token or "", "Referer": f"{hub.url}/hub/home"}

        def said(status: int, **wish: str) -> str:
            answer = client.post("/hub/api/users/reviewer/server", json=wish, headers=headers)
            if answer.status_code == 202:  # longer than the hub waits: the progress says it
                return client.get("/hub/api/users/reviewer/server/progress").text
            assert answer.status_code == status
            return answer.text

        text = said(403, project="flights", profile="cpu-small", cmd="/bin/sh")
        assert "Unknown option" in text
        assert "cmd" in text
        assert _server(hub, "reviewer") == {}
        # Without options JupyterHub takes the last ones; what was refused is not among them.
        assert "No project was chosen" in said(422)


def test_a_workspace_starts_metered_and_stops(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        assert _start(hub, client).status_code == 200
        await_until(lambda: bool(_server(hub, "scientist").get("ready")), hub)
        assert client.get("/user/scientist/lab").status_code == 200
        me = client.get("/user/scientist/octavo/api/me")
        assert me.json()["name"] == "scientist"
        _check_processes(hub)
        _check_environment(client)
        assert _stop(hub, client).status_code in {202, 204}
        await_until(lambda: _server(hub, "scientist") == {}, hub)
        await_until(lambda: _cost(hub, client)["total_eur"] > 0, hub)
        cost = _cost(hub, client)
    assert cost["by_person"][0]["name"] == "scientist"
    assert cost["by_profile"][0]["name"] == "cpu-small"
    if ROOT:
        assert hub.accounts.person("scientist").processes() == []


def test_clicks_at_the_same_moment_are_one_start_and_later_ones_lead_to_it(
    hub: RunningHub,
) -> None:
    with hub.browser("scientist") as client:
        with ThreadPoolExecutor() as tabs:
            clicks = [tabs.submit(_start, hub, client) for _ in range(3)]
        answers = [one.result() for one in clicks]
        answers.append(_start(hub, client, profile="cpu-large"))
        for answer in answers:
            first = answer.history[0]
            assert (first.status_code, answer.status_code) == (302, 200)
            assert first.headers["Location"].startswith("/hub/spawn-pending/scientist")
        await_until(lambda: bool(_server(hub, "scientist").get("ready")), hub)
        running = _start(hub, client, profile="cpu-large")
        assert running.status_code == 200
        assert running.url.path.startswith("/user/scientist/lab")
        await_until(lambda: len(hub.running_sessions()) == 1, hub)
        assert _stop(hub, client).status_code in {202, 204}
        await_until(lambda: _server(hub, "scientist") == {}, hub)


def _stop(hub: RunningHub, client: httpx.Client) -> httpx.Response:
    token = next(c.value for c in client.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
    headers = {"X-XSRFToken": token or "", "Referer": f"{hub.url}/hub/home"}
    return client.delete("/hub/api/users/scientist/server", headers=headers)


def _check_environment(client: httpx.Client) -> None:
    """What the browser may know of the workspace names project, profile and session."""
    known = client.get("/user/scientist/octavo/workspace").json()
    assert (known["project"], known["profile"]) == ("flights", "cpu-small")
    # Also at the first start of all, when the project's folder is new.
    assert known["dashboards"] == "flights"
    assert known["url"].endswith("/services/octavo")
    assert "token" not in known


def _check_processes(hub: RunningHub) -> None:
    account = hub.accounts.person("scientist")
    if not ROOT:
        assert account.processes() == []
        return
    lab = account.processes()[0]
    status = Path(f"/proc/{lab}/status").read_text()
    assert f"Uid:\t{account.uid}\t{account.uid}\t{account.uid}\t{account.uid}" in status
    assert "NoNewPrivs:\t1" in status
    limits = Path(f"/proc/{lab}/limits").read_text()
    assert re.search(rf"Max data size\s+{8 * 1024**3}\s", limits)
    if not kernel_limits():  # else these count for the whole workspace
        assert re.search(r"Max processes\s+1024\s", limits)


def test_people_cant_read_each_other_nor_the_state(hub: RunningHub) -> None:
    if not ROOT:
        assert not hub.accounts.isolated
        assert "not isolated" in EVALUATION_MODE
        return
    mine = hub.accounts.person("scientist").home / "secret.txt"
    assert _as(hub, "scientist", "sh", "-c", "echo mine > secret.txt").returncode == 0
    assert mine.stat().st_mode & stat.S_IRWXO == 0
    for path in (mine, mine.parent, hub.home / "state", hub.home / "people.txt"):
        refused = _as(hub, "reviewer", "ls" if path.is_dir() else "cat", str(path))
        assert refused.returncode != 0
        assert "Permission denied" in refused.stderr
    for file in (hub.home / "state" / "people.json", hub.home / "state" / "tokens" / "octavo"):
        assert "Permission denied" in _as(hub, "scientist", "cat", str(file)).stderr
    assert _as(hub, "scientist", "cat", "secret.txt").stdout == "mine\n"


def test_without_the_platform_service_nothing_starts_and_the_page_says_why(
    hub: RunningHub,
) -> None:
    with hub.browser("oncall") as client:
        hub.stop_server()
        try:
            page = client.get("/hub/spawn")
            assert "The platform service doesn&#39;t answer" in page.text
            assert "<form" not in page.text
            answer = _start(hub, client)
            assert answer.status_code == 503
            assert "The platform service doesn&#39;t answer" in _sentence(answer)
        finally:
            hub.start_server()
    assert _server(hub, "oncall") == {}


def test_tokens_can_do_no_more_than_their_role(hub: RunningHub) -> None:
    spawner = {"Authorization": f"token {hub.token('spawner')}"}
    assert httpx.get(f"{hub.url}/hub/api/users", headers=spawner).status_code == 403
    platform = {"Authorization": f"token {hub.token('octavo')}"}
    assert httpx.get(f"{hub.url}/hub/api/users", headers=platform).status_code == 200
    started = httpx.post(f"{hub.url}/hub/api/users/scientist/server", headers=platform)
    assert started.status_code in {403, 404}


def test_a_platform_admin_sees_workspaces_but_cant_enter_them(hub: RunningHub) -> None:
    with hub.browser("admin") as client:
        assert client.get("/hub/admin").status_code == 200
        assert client.get("/user/scientist/api/status").status_code in {403, 404, 424}
    with hub.browser("scientist") as client:
        assert client.get("/hub/admin").status_code == 403


def test_a_killed_hub_leaves_nothing_running_and_the_next_one_starts_the_newest_again(
    hub: RunningHub,
) -> None:
    """Who asked minutes ago may not have seen it yet; what was running for longer is gone."""
    for person in ("scientist", "reviewer"):
        with hub.browser(person) as client:
            _start(hub, client)
            await_until(lambda: bool(_server(hub, person).get("ready")), hub)  # noqa: B023
    await_until(lambda: len(hub.running_sessions()) == 2, hub)
    before = set(hub.running_sessions())
    _age(hub, "reviewer")
    hub.kill_hub()
    await_until(lambda: hub.leftovers() == [], hub)
    hub.start_hub()
    await_until(lambda: bool(_server(hub, "scientist").get("ready")), hub)
    await_until(lambda: _server(hub, "reviewer") == {}, hub)
    await_until(lambda: len(set(hub.running_sessions()) - before) == 1, hub)
    await_until(lambda: not before & set(hub.running_sessions()), hub)


def _age(hub: RunningHub, person: str) -> None:
    """Let a person have asked half an hour ago, as far as the hub knows."""
    with closing(sqlite3.connect(hub.home / "state" / "hub.sqlite", timeout=30)) as database:
        query = """SELECT spawners.id, spawners.state FROM spawners JOIN users ON users.id = user_id
                   WHERE users.name = ?"""
        ((number, state),) = database.execute(query, (person,))
        kept = json.loads(state)
        asked = datetime.fromisoformat(kept["session"]["requested_at"]) - timedelta(minutes=30)
        kept["session"]["requested_at"] = asked.isoformat()
        database.execute("UPDATE spawners SET state = ? WHERE id = ?", (json.dumps(kept), number))
        database.commit()
