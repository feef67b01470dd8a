"""Sessions as the platform hands them to the hub, with all they must have.

- `profile`: a small profile, any field of its resources changed by name
- `session`: a session of it that starts now
- `open_session`: one line of the list of open sessions
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from octavo.records.profiles import Profile, ProfileResources
from octavo.records.workspaces import OpenSession, Session

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def profile(environment: dict[str, str] | None = None, **resources: Any) -> Profile:
    """Return a small profile."""
    usual = {"cpu": 1.0, "cpu_guarantee": 0.5, "memory_gib": 1.0, "memory_guarantee_gib": 0.5}
    rest: dict[str, Any] = {"processes": 200, "gpu": 0, "gpu_type": None}
    return Profile(
        id="cpu-small",
        version=1,
        digest="sha256:" + "0" * 64,
        title="Small CPU",
        description="For everyday work.",
        resources=ProfileResources(**(usual | rest | resources)),
        images=[],
        rates=[],
        price_eur_per_hour=0.12,
        idle_minutes=60,
        gpu_idle_minutes=None,
        extension_minutes=0,
        longest_hours=12,
        ready_seconds=6,
        capacity="on-demand",
        node_selector={},
        tolerations=[],
        volumes=[],
        environment=environment or {},
        labels={},
        audiences=[],
        environments=["dev"],
        pipelines=True,
        published_at=NOW,
    )


def session(person: str = "ann", **changes: Any) -> Session:
    """Return a session of :func:`profile` that starts now."""
    usual: dict[str, Any] = {
        "id": "s-1",
        "person": person,
        "project": "flights",
        "profile": profile(),
        "image": None,
        "template": None,
        "state": "starting",
        "position": None,
        "expected_wait_s": None,
        "waits_for": "",
        "gpus": [],
        "requested_at": NOW,
        "started_at": NOW,
        "metered_until": NOW,
        "ended_at": None,
        "end_reason": None,
        "seconds": 0.0,
        "cost_eur": 0.0,
        "budget_left_eur": 100.0,
        "idle_stop_at": None,
        "ends_at": None,
        "stop_at": None,
        "stop_reason": None,
        "extension_minutes_left": 0,
        "notices": [],
        "hand_off_to": [],
    }
    return Session(**(usual | changes))


def open_session(person: str) -> OpenSession:
    """Return one line of the list of open sessions."""
    return OpenSession(
        session="s-1", person=person, project="flights", profile="cpu-small", state="running"
    )
