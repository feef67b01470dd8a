"""A number in a request is a number: true, false and text are refused, in whichever record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from octavo.records.deployments import InvocationBody, TrafficPlan
from octavo.records.features import OnlineRequest
from octavo.records.notebooks import Tolerance
from octavo.records.pipelines import RunRequest
from octavo.records.projects import BudgetChange, ProjectRequest
from octavo.records.registry import AliasRequest
from octavo.records.usage import QuotaChange
from octavo.records.workspaces import Probe, SessionStarted

QUOTA = {
    "scope": "person", "name": "ada", "resource": "core_hours", "limit": 1, "window_days": 7,
    "reason": "It trains.",
}  # fmt: skip
BUDGET = {"monthly_eur": 5, "reason": "It trains."}
PROJECT = {"name": "flights", "title": "Flights"}
PROBE = {"at": "2026-11-23T12:00:00Z", "busy_kernels": 0, "kernels": 0, "active_terminals": 0}
ALIAS = {"version": 1, "reason": "It is better.", "expected": None}
ONLINE = {"features": ["delays:mean"], "entities": [{"carrier": 5}]}


@pytest.mark.parametrize(
    ("record", "fields", "field"),
    [
        (QuotaChange, QUOTA, "limit"),
        (QuotaChange, QUOTA, "window_days"),
        (BudgetChange, BUDGET, "monthly_eur"),
        (ProjectRequest, PROJECT, "monthly_budget_eur"),
        (Probe, PROBE, "busy_kernels"),
        (Probe, PROBE, "gpu_percent"),
        (AliasRequest, ALIAS, "expected"),
        (Tolerance, {}, "relative"),
        (TrafficPlan, {}, "percent"),
    ],
)
@pytest.mark.parametrize("value", [True, False, "1", "x"])
def test_what_is_no_number_is_refused(
    record: type[BaseModel], fields: dict[str, Any], field: str, value: object
) -> None:
    record.model_validate(fields)
    with pytest.raises(ValidationError, match=rf"{field}\n.*it must be a number"):
        record.model_validate(fields | {field: value})


def test_a_key_is_text_or_a_number_and_not_true() -> None:
    assert OnlineRequest.model_validate(ONLINE).entities == [{"carrier": 5}]
    text = OnlineRequest.model_validate(ONLINE | {"entities": [{"carrier": "5"}]})
    assert text.entities == [{"carrier": "5"}]
    with pytest.raises(ValidationError, match="it must be text or a whole number"):
        OnlineRequest.model_validate(ONLINE | {"entities": [{"carrier": True}]})


def test_what_takes_more_than_numbers_stays_as_it_was_sent() -> None:
    sent = {"on": True, "text": "5", "whole": 5, "part": 0.5}
    kept = RunRequest.model_validate({"parameters": sent}).parameters
    assert [(name, type(value)) for name, value in kept.items()] == [
        ("on", bool), ("text", str), ("whole", int), ("part", float)
    ]  # fmt: skip
    rows = InvocationBody.model_validate({"inputs": [[0.5, True, "1"]]})
    assert str(rows.inputs) == "[[0.5, True, '1']]"
    started = SessionStarted.model_validate({"at": "2026-11-23T12:00:00Z", "rescue": True})
    assert started.at == datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("record", "fields", "field"),
    [
        (QuotaChange, QUOTA, "limit"),
        (BudgetChange, BUDGET, "monthly_eur"),
        (ProjectRequest, PROJECT, "monthly_budget_eur"),
    ],
)
def test_an_amount_that_would_be_stored_as_nothing_is_refused(
    record: type[BaseModel], fields: dict[str, Any], field: str
) -> None:
    for amount in (0, 0.01, 5.5):
        assert record.model_validate(fields | {field: amount}).model_dump()[field] == amount
    for amount in (1e-320, 1e-5, 0.0099):
        with pytest.raises(ValidationError, match=rf"{field}\n.*it must be 0 or at least 0\.01"):
            record.model_validate(fields | {field: amount})
