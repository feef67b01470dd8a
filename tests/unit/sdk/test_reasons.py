"""A reason is a sentence for others, in whichever record it stands: visible, and no spaces."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from octavo.records.monitoring import AcknowledgeBody
from octavo.records.policy import PolicyChange
from octavo.records.profiles import ChangeRequest
from octavo.records.projects import BudgetChange
from octavo.records.reviews import Review
from octavo.records.rollouts import RolloutChangeBody
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


@pytest.mark.parametrize(
    ("record", "fields", "field"),
    [
        *((record, fields, "reason") for record, fields in RECORDS),
        (RolloutChangeBody, {}, "reason"),
        (AcknowledgeBody, {}, "note"),
        (ChangeRequest, {"profile": "cpu-small", "reason": "Too old."}, "message"),
    ],
)
def test_words_for_people_hide_nothing(
    record: type[BaseModel], fields: dict[str, Any], field: str
) -> None:
    for hidden in "\u202e\u200b\r\u115f\u1160\u3164\uffa0\u2800\u034f":
        said = rf"{field}\n.*it holds the character U\+{ord(hidden):04X}, which nobody sees"
        with pytest.raises(ValidationError, match=said):
            record.model_validate(fields | {field: f"It is{hidden} fine."})
    family = "For the \U0001f469\u200d\U0001f467 project\nand others."
    assert record.model_validate(fields | {field: family}).model_dump()[field] == family
