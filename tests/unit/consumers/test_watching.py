"""What looks like copying reaches the alerts, and goes again."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from tests.support.services import NOON, open_audit
from tests.unit.consumers.test_patterns import grid

from octavo_server.database.rows import Database
from octavo_server.deployments.consumers.patterns import PatternBook
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.consumers.watching import EVERY_S, PatternWatch
from octavo_server.deployments.rollouts.service import RolloutsService


class Times:
    """Stands in for rollouts: tells the time."""

    def __init__(self) -> None:
        self.at = NOON

    def now(self) -> datetime:
        return self.at


def test_a_suspicion_is_kept_while_it_is_seen(database: Database, tmp_path: Path) -> None:
    times, seconds = Times(), [0.0]
    rollouts = cast(RolloutsService, times)
    consumers = ConsumersService(database, open_audit(database, tmp_path), rollouts)
    book = PatternBook(times.now, seed=1)
    watch = PatternWatch(book, consumers, lambda: seconds[0])
    watch.step()
    assert consumers.suspicions("flights", "late") == []
    book.add("flights", "late", "consumer:app", grid())
    watch.step()
    assert consumers.suspicions("flights", "late") == []
    seconds[0] += EVERY_S
    watch.step()
    (found,) = consumers.suspicions("flights", "late")
    assert (found.caller, found.rows) == ("consumer:app", 800)
    assert found.sentence.startswith("Looks like copying the model: ")
    assert consumers.suspicions("flights", "early") == []
    times.at += timedelta(minutes=5)
    seconds[0] += EVERY_S
    watch.step()
    assert consumers.suspicions("flights", "late")[0].at == times.at
    times.at += timedelta(minutes=11)
    assert consumers.suspicions("flights", "late") == []
