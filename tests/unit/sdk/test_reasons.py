"""A reason is a sentence for others: spaces are none, in whichever record it stands."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from octavo.records.policy import PolicyChange
from octavo.records.projects import BudgetChange
from octavo.records.reviews import Review
from octavo.records.usage import BudgetRulesChange, QuotaChange
from octavo.records.workspaces import ExtensionRequest

STEPS = {"alert_percent": 80, "soft_stop_percent": 100, "hard_stop_percent": 110}
QUOTA = {
    "scope": "person", "name": "ada", "resource": "core_hours", "limit": 1, "window_days": 7
}  # fmt: skip
RECORDS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (ExtensionRequest, {}),
    (BudgetRulesChange, STEPS),
    (QuotaChange, QUOTA),
    (BudgetChange, {"monthly_eur": 5}),
    (Review, {"decision": "approve", "digest": "d"}),
    (PolicyChange, {"text": "permit(principal, action, resource);"}),
]


@pytest.mark.parametrize(("record", "fields"), RECORDS)
def test_spaces_are_no_reason(record: type[BaseModel], fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"reason\n.*at least 3 characters"):
        record.model_validate(fields | {"reason": "  \n "})
    assert record.model_validate(fields | {"reason": " It trains. "}).model_dump()["reason"] == (
        "It trains."
    )
