"""The probe: what it tells the platform, how often, and what it does when nobody listens."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jupyter_server_terminals.terminalmanager import TerminalManager
from tests.unit.lab.conditions import becomes
from tests.unit.lab.conftest import TOKEN, Lab, connection
from tests.unit.lab.platform import FakePlatform, Seen

from octavo.records.workspaces import Probe
from octavo_lab.app import start_probe
from octavo_lab.connection import Connection, from_environment
from octavo_lab.probe import Prober
from octavo_lab.relay import Relay

Start = Any


@pytest.fixture
async def start(lab: Lab) -> AsyncIterator[Start]:
    """Give a function that starts the probe of the running lab."""
    started: list[tuple[Prober, Relay]] = []

    def begin(link: Connection) -> Prober:
        relay = Relay(link)
        prober = start_probe(lab.app, link, relay)
        started.append((prober, relay))
        return prober

    yield begin
    for prober, relay in started:
        prober.stop()
        await relay.close()


def probes(platform: FakePlatform) -> list[Seen]:
    """Return the probes that reached the platform."""
    return [one for one in platform.seen if one.path == "workspaces/mine/probe"]


async def test_it_tells_at_once_with_the_workspaces_own_token(
    platform: FakePlatform, start: Start
) -> None:
    start(connection(platform.url))
    await becomes(lambda: bool(probes(platform)), "the first probe")
    seen = probes(platform)[0]
    assert (seen.method, seen.headers["authorization"]) == ("POST", f"Bearer {TOKEN}")
    assert seen.headers["idempotency-key"]
    told = Probe.model_validate_json(seen.body)
    assert (told.busy_kernels, told.kernels, told.active_terminals) == (0, 0, 0)
    assert told.gpu_percent is None
    assert told.activity_at is None
    assert datetime.now(UTC) - told.at < timedelta(minutes=1)


async def test_it_tells_again_every_few_seconds_until_it_is_stopped(
    platform: FakePlatform, start: Start
) -> None:
    prober = start(replace(connection(platform.url), probe_seconds=0.05))
    await becomes(lambda: len(probes(platform)) >= 3, "three probes")
    keys = {one.headers["idempotency-key"] for one in probes(platform)}
    assert len(keys) == len(probes(platform))
    prober.stop()


async def test_a_terminal_at_work_is_told(
    terminals: TerminalManager, platform: FakePlatform, start: Start
) -> None:
    terminal: Any = terminals.terminals[terminals.create()["name"]]
    start(replace(connection(platform.url), probe_seconds=0.05))
    terminal.ptyproc.write("exec cat\n")
    await becomes(
        lambda: any(json.loads(one.body)["active_terminals"] for one in probes(platform)),
        "the terminal is told",
    )
    await becomes(
        lambda: (
            json.loads(probes(platform)[-1].body)["activity_at"]
            == terminal.last_activity.isoformat()
        ),
        "its last output is told",
    )


def _last(prober: Prober) -> datetime | None:
    return prober.sources.presence.last


async def test_only_what_a_person_changes_counts_as_activity(
    lab: Lab, platform: FakePlatform, start: Start
) -> None:
    prober = start(connection(platform.url))
    async with lab.client() as client:
        for path in ("api/kernels", "api/contents", "api/sessions"):
            assert (await client.get(path)).status_code == 200
        assert _last(prober) is None
        body = {"type": "file", "format": "text", "content": "x"}
        assert (await client.put("api/contents/a.txt", json=body)).status_code == 201
        first = _last(prober)
        assert first is not None
        refused = await client.put("api/contents/no/such/folder/a.txt", json=body)
        assert refused.status_code >= 400
        assert _last(prober) == first


async def test_a_failure_is_said_once_and_the_next_probe_comes(
    platform: FakePlatform, start: Start, caplog: pytest.LogCaptureFixture, lab: Lab
) -> None:
    platform.refusing = True
    prober = start(replace(connection(platform.url), probe_seconds=0.05))
    with caplog.at_level(logging.INFO, logger=lab.app.log.name):
        prober.log = logging.getLogger(lab.app.log.name)
        await becomes(lambda: len(probes(platform)) >= 4, "it is tried again")
        platform.refusing = False
        await becomes(lambda: "told again" in caplog.text, "its return is said")
    said = [one.message for one in caplog.records if "wasn't told" in one.message]
    assert len(said) == 1
    assert "the platform answered 403" in said[0]
    assert TOKEN not in caplog.text


async def test_a_platform_that_is_away_disturbs_nobody(
    lab: Lab, platform: FakePlatform, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    prober = start(connection("http://127.0.0.1:9/services/octavo"))
    prober.log = logging.getLogger("quiet")
    await prober.look()
    await prober.look()
    assert caplog.text.count("could not be reached") == 1
    async with lab.client() as client:
        assert (await client.get("api/status")).status_code == 200


async def test_nothing_is_told_where_there_is_no_workspace(
    platform: FakePlatform, start: Start
) -> None:
    link = connection(platform.url)
    for partial in (replace(link, url=""), replace(link, token=""), replace(link, session="")):
        assert not start(partial).wanted


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 30), ("5", 5), ("0", 30), ("90", 30), ("soon", 30), ("nan", 30)]
)
def test_the_seconds_between_probes_can_be_set_within_limits(
    text: str, seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    assert from_environment({"OCTAVO_PROBE_SECONDS": text}).probe_seconds == seconds
    assert ("takes 1 to 60 seconds" in caplog.text) == (text not in ("", "5"))
