"""The words of the pages' scripts cover what the records can say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from octavo.local import resources
from octavo.records.profiles import ChangeState, VersionState
from octavo.records.usage import BudgetRules, QuotaResource, QuotaScope
from octavo.records.workspaces import FailureKind
from octavo_hub import page
from octavo_hub.pages.routes import STATIC
from octavo_hub.steps import PROGRESS


def _keys(script: str, table: str) -> set[str]:
    """Return the keys of an object literal in a script."""
    text = (STATIC / script).read_text(encoding="utf-8")
    body = re.search(rf"const {table} = \{{(.*?)\}};", text, re.DOTALL)
    assert body is not None
    return set(re.findall(r"(?:^|[{,])\s*\"?([a-z_]+)\"?:", body[1]))


@pytest.mark.parametrize(
    ("script", "table", "values"),
    [
        ("failures.js", "CLASSES", get_args(FailureKind)),
        ("profile_words.js", "STATES", {*get_args(VersionState), *get_args(ChangeState)}),
        ("quotas.js", "RESOURCES", get_args(QuotaResource)),
        ("quotas.js", "SCOPES", get_args(QuotaScope)),
        ("budgets.js", "STATES", get_args(BudgetRules.model_fields["state"].annotation)),
        ("pending.js", "TITLES", PROGRESS),
    ],
)
def test_each_value_has_its_words(script: str, table: str, values: Any) -> None:
    assert set(values) - _keys(script, table) == set()


def test_cards_name_each_quota() -> None:
    assert set(page.COUNTED) == set(get_args(QuotaResource))
    assert set(page.OWNERS) == set(get_args(QuotaScope))


def _paths(schema: dict[str, Any], definitions: dict[str, Any], path: str = "") -> set[str]:
    """Return the paths of all values in a JSON Schema, lists without their positions."""
    schema = definitions.get(schema.get("$ref", "").rpartition("/")[2], schema)
    if "items" in schema and schema["items"].get("type") == "object":
        return _paths(schema["items"], definitions, path)
    if "properties" not in schema:
        return {path}
    return {
        found
        for name, inner in schema["properties"].items()
        for found in _paths(inner, definitions, f"{path}.{name}" if path else name)
    }


def test_the_form_has_a_field_for_each_value_of_a_document() -> None:
    text = (STATIC / "profile_fields.js").read_text(encoding="utf-8")
    fields = set(re.findall(r'path: "([a-z_.]+)"', text))
    rows = ("prices", "images", "volumes", "placement.tolerations")
    file = Path(str(resources.path("spawner_profiles/profile.schema.json")))
    schema = json.loads(file.read_text(encoding="utf-8"))
    missing = set()
    for path in _paths(schema, schema.get("$defs", {})):
        row = next((one for one in rows if path.startswith(f"{one}.")), None)
        if (path.removeprefix(f"{row}.") if row else path) not in fields:
            missing.add(path)
    # Every price is in euro, and a profile is retired by its own button.
    assert {one for one in missing if not one.startswith("retirement")} == {"prices.currency"}
