"""What monitoring keeps, on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from octavo_server.database.rows import Database
from octavo_server.monitoring import store
from octavo_server.monitoring.domain import Alert, Breach, Finding, Level, MonthProfile
from octavo_server.monitoring.service import reconciled
from octavo_server.monitoring.store import KeptBaseline

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEPT = KeptBaseline(
    project="flights",
    model="late",
    version=1,
    run_id="r1",
    document={"format": 1},
    problem="",
    fingerprint="f",
    read_at=NOON,
)
MONTH = MonthProfile(
    project="flights",
    model="late",
    version=1,
    month="2013-07",
    rows=3,
    features={"a": {"kind": "numeric", "counts": [1, 2]}},
    findings=(Finding(month="2013-07", column="b", problem="missing", message="b is missing."),),
    computed_at=NOON,
)
BREACH = Breach(
    rule="drift", subject="temp", level=Level.WARNING, message="moved", value=3, limit=1
)


def test_a_baseline_is_kept_and_replaced(database: Database) -> None:
    with database.write() as rows:
        store.put_baseline(rows, KEPT)
        store.put_baseline(rows, replace(KEPT, document=None, problem="gone"))
    with database.read() as rows:
        found = store.baseline(rows, "flights", "late", 1)
        assert store.baseline(rows, "flights", "late", 2) is None
        assert store.baseline(rows, "weather", "late", 1) is None
    assert found is not None
    assert (found.document, found.problem) == (None, "gone")


def test_months_are_replaced_as_a_whole(database: Database) -> None:
    with database.write() as rows:
        store.put_months(rows, KEPT, [MONTH, replace(MONTH, month="2013-06")])
        store.put_months(rows, KEPT, [MONTH])
    with database.read() as rows:
        assert store.months(rows, "flights", "late", 1) == [MONTH]


def _alerts(database: Database) -> list[Alert]:
    with database.read() as rows:
        return store.open_alerts(rows, "flights", "late")


def _judge(database: Database, broken: list[Breach], at: datetime) -> None:
    with database.write() as rows:
        standing = store.open_alerts(rows, "flights", "late")
        for alert in reconciled(standing, broken, "flights", "late", at):
            store.put_alert(rows, alert)


def test_a_breach_opens_one_alert_until_it_is_over(database: Database) -> None:
    _judge(database, [BREACH], NOON)
    _judge(database, [replace(BREACH, value=5)], NOON + timedelta(minutes=1))
    (alert,) = _alerts(database)
    assert (alert.opened_at, alert.value) == (NOON, 5)
    assert alert.last_seen_at == NOON + timedelta(minutes=1)
    _judge(database, [], NOON + timedelta(minutes=2))
    assert _alerts(database) == []
    _judge(database, [BREACH], NOON + timedelta(minutes=3))
    with database.read() as rows:
        every = store.alerts(rows, ("project", "=", "flights"), limit=10)
    assert [one.resolved_at is None for one in every] == [True, False]


def test_alerts_of_others_are_not_found(database: Database) -> None:
    _judge(database, [BREACH], NOON)
    (alert,) = _alerts(database)
    with database.read() as rows:
        assert store.alert(rows, "flights", alert.id) == alert
        assert store.alert(rows, "weather", alert.id) is None
        assert store.open_alerts(rows, "flights", "other") == []
