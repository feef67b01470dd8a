"""What other areas know about a version: its run, notebook, release, and where it is live."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace as Thing
from typing import Any

from octavo_server.adapters.chain_facts import AreaFacts
from octavo_server.errors import NotFound

RUN, NOTEBOOK, RELEASE = "1" * 32, "5" * 64, "r" * 64


class Areas:
    """The areas' services, as far as they are asked."""

    removed, verifies, state = False, True, "applied"

    def run(self, project: str, identifier: str) -> Any:
        """An MLflow run, or a pipeline's."""
        if identifier == RUN:
            return Thing(name="train", owner="ada", removed=self.removed)
        if identifier == "p1":
            return Thing(release=RELEASE)
        raise NotFound("There is none.")

    def version(self, project: str, sha256: str) -> Any:
        """A notebook version."""
        if sha256 != NOTEBOOK:
            raise NotFound("There is none.")
        return Thing()

    def verify(self, project: str, release: str) -> Any:
        """A fresh look at a release."""
        return Thing(ok=self.verifies)

    def release(self, project: str, digest: str) -> Any:
        """A release."""
        return Thing(name="score-daily", number=3)

    def views(self, project: str) -> list[Any]:
        """Two deployments, one of them in production with a canary."""
        prod = Thing(
            name="late", model="late", environment="prod", stable_version=1, canary_version=2
        )
        test = Thing(name="t", model="late", environment="test", stable_version=3, canary_version=4)
        return [Thing(deployment=prod), Thing(deployment=test)]

    def of_deployment(self, project: str, name: str) -> list[Any]:
        """An approved request of version 1."""
        at = datetime(2026, 1, 2, tzinfo=UTC)
        state = Thing(value=self.state)
        asked = Thing(version=1, state=state, requested_by="sue", reviewer="rob", reviewed_at=at)
        return [asked]


def facts(areas: Any) -> AreaFacts:
    return AreaFacts(
        experiments=areas,
        cells=areas,
        pipelines=areas,
        notebooks=areas,
        rollouts=areas,
        requests=areas,
    )


def test_what_is_known() -> None:
    known = facts(Areas())
    assert known.run("flights", RUN) == "train of ada"
    assert known.run("flights", "none") is None
    assert known.notebook("flights", NOTEBOOK) is not None
    assert known.notebook("flights", "0" * 64) is None
    assert known.release("flights", "p1") == (
        "Release score-daily 3, approved and verified just now"
    )
    assert known.release("flights", "none") is None


def test_what_holds_no_more_is_not_known() -> None:
    areas = Areas()
    areas.removed, areas.verifies = True, False
    assert facts(areas).run("flights", RUN) is None
    assert facts(areas).release("flights", "p1") is None


def test_versions_that_answer_in_production_are_live_with_who_approved_them() -> None:
    found = facts(Areas()).live("flights")
    assert [(one.deployment, one.version, one.approved) for one in found] == [
        ("late", 1, "sue asked, rob approved on 2026-01-02"),
        ("late", 2, None),
    ]
    areas = Areas()
    areas.state = "rejected"
    assert [one.approved for one in facts(areas).live("flights")] == [None, None]
