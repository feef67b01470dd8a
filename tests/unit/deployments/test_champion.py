"""The alias champion follows the traffic in prod, and never fights a person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from tests.unit.deployments.test_rules import NOON, a_deployment

from octavo_server.deployments.rollouts.champion import Champion
from octavo_server.deployments.rollouts.domain import Deployment


@dataclass
class Aliases:
    """Stands in for the registry: keeps moves, newest first."""

    now: datetime = NOON
    moves: list[Any] = field(default_factory=list)

    def alias_moves(self, _project: str, _model: str) -> list[Any]:
        """Return all moves."""
        return self.moves

    def move_alias(
        self, caller: Any, _project: str, _model: str, alias: str, *, version: int, reason: str
    ) -> None:
        """Keep a move."""
        made = {"alias": alias, "version": version, "moved_at": self.now, "by": caller.name}
        self.moves.insert(0, SimpleNamespace(**made, reason=reason))


def _step(aliases: Aliases, *deployments: Deployment) -> list[int]:
    views = [SimpleNamespace(deployment=one) for one in deployments]
    Champion(SimpleNamespace(views=lambda: views), aliases).step()  # type: ignore[arg-type]
    return [one.version for one in aliases.moves]


def _prod(version: int | None, minutes: int = 0, canary: int | None = None) -> Deployment:
    return replace(
        a_deployment(),
        environment="prod",
        stable_version=version,
        canary_version=canary,
        updated_at=NOON + timedelta(minutes=minutes),
    )


def test_what_takes_all_traffic_in_prod_is_champion_once() -> None:
    aliases = Aliases()
    assert _step(aliases, _prod(1)) == [1]
    assert _step(aliases, _prod(1)) == [1]
    assert aliases.moves[0].by == "service:worker"
    assert "answers all requests" in aliases.moves[0].reason


def test_a_canary_is_not_champion_until_it_has_all_traffic() -> None:
    aliases = Aliases()
    assert _step(aliases, _prod(1, canary=2)) == []
    assert _step(aliases, _prod(1)) == [1]
    aliases.now += timedelta(minutes=9)
    assert _step(aliases, _prod(2, minutes=5)) == [2, 1]


def test_a_rollback_gives_the_alias_back() -> None:
    aliases = Aliases()
    _step(aliases, _prod(1), _prod(None))
    aliases.now += timedelta(minutes=6)
    _step(aliases, _prod(2, minutes=5))
    assert _step(aliases, _prod(1, minutes=7)) == [1, 2, 1]


def test_what_a_person_set_later_stays() -> None:
    aliases = Aliases()
    _step(aliases, _prod(1))
    later = {"alias": "champion", "version": 3, "moved_at": NOON + timedelta(minutes=1)}
    aliases.moves.insert(0, SimpleNamespace(**later))
    assert _step(aliases, _prod(1)) == [3, 1]


def test_other_environments_and_nothing_live_change_nothing() -> None:
    assert _step(Aliases(), replace(_prod(1), environment="test"), _prod(None)) == []
