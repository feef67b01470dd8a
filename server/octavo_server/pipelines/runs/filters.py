"""Which runs a list shows, as conditions on their rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from octavo.records.pipelines import RunState
from octavo_server.database.rows import Where
from octavo_server.errors import Invalid
from octavo_server.pipelines.runs.domain import Trigger


@dataclass(frozen=True, kw_only=True)
class RunFilter:
    """What is asked of the runs of a list; None asks for nothing."""

    pipeline: str | None = None
    """Name of their pipeline."""
    state: RunState | None = None
    """Where they stand."""
    trigger: Trigger | None = None
    """What started them."""
    verdict: str | None = None
    """How they compare with their release."""
    requested_by: str | None = None
    """Who asked for them or made their schedule."""
    since: datetime | None = None
    """Asked for then or later (with a time zone)."""
    until: datetime | None = None
    """Asked for before then (with a time zone)."""
    parent: str | None = None
    """Id of a graph's run: the runs of its steps. Without it those are left out."""

    def where(self) -> list[Where]:
        """Return the conditions. Raises Invalid for times that can't be."""
        _check(self.since, self.until)
        equal = {
            "pipeline": self.pipeline,
            "state": self.state and self.state.value,
            "trigger": self.trigger and self.trigger.value,
            "verdict": self.verdict,
            "requested_by": self.requested_by,
        }
        where: list[Where] = [("parent", "=", self.parent)]
        where += [(name, "=", value) for name, value in equal.items() if value]
        where += [("created_at", ">=", self.since)] if self.since else []
        where += [("created_at", "<", self.until)] if self.until else []
        return where


def _check(since: datetime | None, until: datetime | None) -> None:
    for name, at in (("since", since), ("until", until)):
        if at is not None:
            _check_one(name, at)
    if since and until and until <= since:
        raise Invalid(
            f"The time of until, {until.isoformat()}, is not after that of since, "
            f"{since.isoformat()}.",
            "Give a later one.",
        )


def _check_one(name: str, at: datetime) -> None:
    if at.tzinfo is None:
        raise Invalid(
            f"The time {at.isoformat()} of {name} has no time zone.",
            "Write it with one, such as 2026-01-31T05:00:00Z.",
        )
    try:
        at.astimezone(UTC)
    except OverflowError:
        raise Invalid(
            f"The time {at.isoformat()} of {name} is outside of the years 1 to 9999 in UTC.",
            "Leave it out to ask for all runs.",
        ) from None
