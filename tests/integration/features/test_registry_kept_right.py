"""Feast's own registry, and what is known of it, after somebody was at the files."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.integration.features.conftest import Loaded

from octavo_server.features.catalog.domain import View
from octavo_server.features.catalog.reconciliation import Pace, Reconciliation

pytestmark = pytest.mark.timeout(400)  # the first test loads the whole project

BASE = "/projects/flights/features"
ALWAYS = Pace(grace=timedelta(0), read_again=timedelta(0), read_anyway=timedelta(0))
NEVER = Pace(grace=timedelta(0), read_again=timedelta(days=9), read_anyway=timedelta(days=9))


def reconciliation(loaded: Loaded, pace: Pace) -> Reconciliation:
    """Return the platform's own, at another pace."""
    made = loaded.platform.services.features.reconciliation
    return Reconciliation(**{**vars_of(made), "pace": pace})


def vars_of(made: Reconciliation) -> dict[str, Any]:
    names = ("database", "audit", "lineage", "catalog", "files", "places")
    return {name: getattr(made, f"_{name}") for name in names}


def shown(loaded: Loaded) -> list[View]:
    """Return all views with statistics, as the catalog has them, without the moment of reading."""
    catalog = loaded.platform.services.features.catalog
    views = [catalog.view("flights", one.name) for one in catalog.views("flights")]
    return [replace(one, freshness=replace(one.freshness, checked_at=None)) for one in views]  # type: ignore[arg-type]


def codes(loaded: Loaded) -> list[str]:
    state = loaded.platform.services.features.catalog.state("flights")
    return [one.code for one in state.problems]


def test_what_was_just_published_agrees_and_is_read_no_more(loaded: Loaded) -> None:
    catalog = loaded.platform.services.features.catalog
    before = catalog.state("flights").indexed_at
    reconciliation(loaded, NEVER).step()
    after = catalog.state("flights")
    assert (codes(loaded), after.indexed_at) == ([], before)
    assert after.pointed_to == catalog.snapshot("flights").id


def test_reading_the_real_registry_again_finds_the_same(loaded: Loaded) -> None:
    before = shown(loaded)
    reconciliation(loaded, ALWAYS).step()
    assert codes(loaded) == []
    for old, new in zip(before, shown(loaded), strict=True):
        assert names(old) == names(new)
        assert replace(new, features=()) == replace(old, features=())


def names(view: View) -> list[tuple[str, str, int]]:
    rows = [(one.statistics or {}).get("rows", 0) for one in view.features]
    return [(one.name, one.dtype, n) for one, n in zip(view.features, rows, strict=True)]


def test_values_are_shown_over_a_year_of_events(loaded: Loaded) -> None:
    answer = loaded.platform.call("scientist", "GET", f"{BASE}/views/carrier_delay/history")
    column = answer.json()["columns"][0]
    windows = column["windows"]
    assert len(windows) == 12
    assert windows[0]["start"].startswith("2013-01-01")
    assert sum(one["rows"] for one in windows) == 67_843
    assert all(one["p05"] <= one["p50"] <= one["p95"] for one in windows)
    assert {len(one["counts"]) for one in windows} == {len(column["edges"]) - 1}


def test_an_edited_registry_is_shown_and_not_read(loaded: Loaded) -> None:
    snapshot = loaded.platform.services.features.catalog.snapshot("flights").id
    file = loaded.snapshots / snapshot / "registry.db"
    content, before = file.read_bytes(), shown(loaded)
    try:
        file.write_bytes(content + b"\0")
        reconciliation(loaded, ALWAYS).step()
        assert codes(loaded) == ["changed"]
        answer = loaded.platform.call("scientist", "GET", f"{BASE}/views/carrier_delay")
        assert answer.json()["problems"][0].startswith(
            f"The files of the published registry {snapshot[:12]} were changed"
        )
        assert shown(loaded) == before
    finally:
        file.write_bytes(content)
    reconciliation(loaded, NEVER).step()
    assert codes(loaded) == []


def test_a_moved_pointer_is_moved_back(loaded: Loaded) -> None:
    pointer = loaded.snapshots / "current"
    here = str(pointer.readlink())
    pointer.unlink()
    pointer.symlink_to("/etc")
    reconciliation(loaded, NEVER).step()
    assert str(pointer.readlink()) == here
