"""The settings of usage, and what is said about those that can't be."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.platform import open_platform

from octavo_server.settings import SettingRefused, load_settings
from octavo_server.workspaces.usage.domain import Terms


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SHARED_EUR_PER_HOUR", "-1", "greater than or equal to 0"),
        ("SHARED_EUR_PER_HOUR", "nan", "finite number"),
        ("SHARED_EUR_PER_HOUR", "dear", "valid number"),
        ("STOP_GRACE_MINUTES", "-5", "greater than or equal to 0"),
        ("STOP_GRACE_MINUTES", "1441", "less than or equal to 1440"),
        ("QUOTA_RESOLVER", "mean", "'min', 'max' or 'sum'"),
        ("QUOTA_UNKNOWN", "maybe", "'closed' or 'open'"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, says: str
) -> None:
    monkeypatch.setenv(f"OCTAVO_{name}", value)
    with pytest.raises(SettingRefused) as refused:
        load_settings(home=tmp_path)
    assert f"OCTAVO_{name}: " in refused.value.message
    assert says in refused.value.message
    assert value in refused.value.message
    assert refused.value.remedy == f"Correct OCTAVO_{name} and start again."


def test_the_settings_reach_the_books(tmp_path: Path) -> None:
    platform = open_platform(
        tmp_path,
        shared_eur_per_hour=0.35,
        stop_grace_minutes=5,
        quota_resolver="sum",
        quota_unknown="open",
    )
    assert platform.services.usage.terms == Terms(
        shared_micro_eur_per_hour=350_000,
        grace=timedelta(minutes=5),
        resolver="sum",
        when_unknown="open",
    )
