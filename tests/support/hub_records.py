"""What the platform answers to the hub, for tests of the hub alone.

- ``session(**more)``: a running session, with fields replaced
- ``turns(*sessions, stops=...)``: the answer of the queue
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from octavo.records.workspaces import QueuedTurns, Session, StopOrder
from octavo_server.workspaces.profiles.wire import profile as wire_profile
from tests.support.profiles import version

T0 = datetime(2026, 3, 31, 23, 0, tzinfo=UTC)


def session(**more: Any) -> Session:
    """Return a running session, with fields replaced."""
    running = Session(
        id="s1",
        person="scientist",
        project="flights",
        profile=wire_profile(version(), date(2026, 4, 1)),
        image=None,
        template=None,
        state="running",
        position=None,
        expected_wait_s=None,
        waits_for="",
        gpus=[],
        requested_at=T0,
        started_at=T0,
        metered_until=T0,
        ended_at=None,
        end_reason=None,
        seconds=0,
        cost_eur=0,
        budget_left_eur=20,
        idle_stop_at=None,
        ends_at=None,
        stop_at=None,
        stop_reason=None,
        extension_minutes_left=0,
        notices=[],
        hand_off_to=[],
    )
    return running.model_copy(update=more)


def turns(*sessions: Session, stops: tuple[StopOrder, ...] = ()) -> QueuedTurns:
    """Return the answer of the queue."""
    return QueuedTurns(items=list(sessions), stops=list(stops))
