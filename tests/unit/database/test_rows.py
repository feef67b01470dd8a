"""The storage seam keeps the same promises on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from octavo_server.database.rows import Database, RowExists
from octavo_server.database.tables.audit import idempotency_keys as keys
from octavo_server.database.tables.usage import usage_hours as hours

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _key(name: str, **more: object) -> dict[str, object]:
    return {"caller": "ann", "key": name, "request_sha256": "0" * 64, "at": AT, **more}


def _hour(person: str, number: int, seconds: float, charge: int) -> dict[str, object]:
    """Return a row of a table with sums."""
    given = {"person": person, "hour": f"2026-03-01T{number:02}", "profile_version": 1}
    given |= {"seconds": seconds, "charge_micro_eur": charge}
    kinds = {column.name: column.type.python_type for column in hours.columns}
    return {name: given.get(name, kind()) for name, kind in kinds.items()}


def test_what_was_written_is_read_back(database: Database) -> None:
    with database.write() as rows:
        rows.insert(keys, _key("a", status=201, body={"x": [1, None]}))
    with database.read() as rows:
        found = rows.get(keys, caller="ann", key="a")
    assert found == _key("a", status=201, body={"x": [1, None]})


def test_a_taken_key_is_refused_and_the_transaction_goes_on(database: Database) -> None:
    with database.write() as rows:
        rows.insert(keys, _key("a"))
        with pytest.raises(RowExists):
            rows.insert(keys, _key("a"))
        rows.insert(keys, _key("b"))
    with database.read() as rows:
        assert rows.count(keys) == 2


def test_a_raising_block_changes_nothing(database: Database) -> None:
    with pytest.raises(KeyError), database.write() as rows:  # noqa: PT012
        rows.insert(keys, _key("a"))
        raise KeyError
    with database.read() as rows:
        assert rows.count(keys) == 0


def test_conditions_select(database: Database) -> None:
    with database.write() as rows:
        for name, status in (("Alpha", 1), ("beta", 2), ("b_ta", None)):
            rows.insert(keys, _key(name, status=status))

        def names(*where: object) -> list[str]:
            return [row["key"] for row in rows.find(keys, *where, order_by=("key",))]  # type: ignore[arg-type]

        assert names(("status", "=", 1)) == ["Alpha"]
        assert names(("status", "=", None)) == ["b_ta"]
        assert sorted(names(("status", "!=", 1))) == ["b_ta", "beta"]
        assert names(("status", ">=", 1), ("status", "<", 2)) == ["Alpha"]
        assert names(("key", "in", ["beta", "x"])) == ["beta"]
        assert names(("key", "in", [])) == []
        assert names(("key", "contains", "ALPH")) == ["Alpha"]
        assert names(("key", "contains", "_")) == ["b_ta"]


def test_order_limit_and_offset(database: Database) -> None:
    with database.write() as rows:
        for name, status in (("a", 1), ("b", 3), ("c", None), ("d", 2)):
            rows.insert(keys, _key(name, status=status))
        down = [row["key"] for row in rows.find(keys, order_by=("-status",))]
        up = [row["key"] for row in rows.find(keys, order_by=("status",), limit=2, offset=1)]
    assert down == ["b", "d", "a", "c"]
    assert up == ["d", "b"]


def test_update_and_delete_tell_how_many(database: Database) -> None:
    with database.write() as rows:
        for name in "abc":
            rows.insert(keys, _key(name))
        assert rows.update(keys, {"status": 200}, ("key", "in", ["a", "b"])) == 2
        assert rows.delete(keys, ("status", "=", 200)) == 2
        assert rows.count(keys) == 1


def test_sums_are_exact_and_by_group(database: Database) -> None:
    large = 2**62
    with database.write() as rows:
        for person, seconds, charge in (("ann", 1.5, large), ("ann", 2.0, 1), ("bob", 0.25, 5)):
            rows.insert(hours, _hour(person, rows.count(hours), seconds, charge))
        by_person = rows.sums(hours, ["seconds", "charge_micro_eur"], by=["person"])
        ann = rows.sums(hours, ["charge_micro_eur"], ("person", "=", "ann"))
        nobody = rows.sums(hours, ["seconds", "charge_micro_eur"], ("person", "=", "eve"))
        no_groups = rows.sums(hours, ["seconds"], ("person", "=", "eve"), by=["person"])
        with pytest.raises(KeyError):
            rows.sums(hours, ["nope"])
    assert sorted(by_person, key=lambda row: row["person"]) == [
        {"person": "ann", "seconds": 3.5, "charge_micro_eur": large + 1},
        {"person": "bob", "seconds": 0.25, "charge_micro_eur": 5},
    ]
    assert ann == [{"charge_micro_eur": large + 1}]
    assert nobody == [{"seconds": 0.0, "charge_micro_eur": 0}]
    assert [type(value) for value in nobody[0].values()] == [float, int]
    assert no_groups == []


def test_rows_are_written_at_once_and_what_is_there_grows_or_is_replaced(
    database: Database,
) -> None:
    with database.write() as rows:
        rows.upsert(hours, [])
        rows.upsert(hours, [_hour("ann", 0, 1.5, 10), _hour("bob", 1, 1.0, 20)])
        more = [_hour("eve", 0, 0.5, 2**60), _hour("fay", 2, 9.0, 1), _hour("gil", 2, 9.0, 2)]
        rows.upsert(hours, more, add=["seconds", "charge_micro_eur"])
        found = rows.find(hours, order_by=("hour",))
    assert [(row["person"], row["seconds"], row["charge_micro_eur"]) for row in found] == [
        ("eve", 2.0, 2**60 + 10),
        ("bob", 1.0, 20),
        ("gil", 18.0, 3),
    ]


def test_an_unknown_column_is_refused(database: Database) -> None:
    with pytest.raises(KeyError), database.read() as rows:
        rows.find(keys, ("nope", "=", 1))


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="zone"), database.write() as rows:
        rows.insert(keys, _key("a", at=datetime(2026, 3, 1)))  # noqa: DTZ001
