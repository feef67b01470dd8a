"""Bills of materials of environments and models, against CycloneDX's own schema."""

from __future__ import annotations

import importlib.metadata
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.unit.registry.test_provenance import told

from octavo_server.adapters.cyclonedx_bills import CycloneDxBills, environment_digest
from octavo_server.registry.proof.domain import Bill

AT = datetime(2026, 1, 2, tzinfo=UTC)
HTTPX = importlib.metadata.version("httpx")


def parsed(bill: Bill) -> dict[str, Any]:
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.document)
    assert problem is None, problem
    found: dict[str, Any] = json.loads(bill.document)
    return found


def properties(component: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in component.get("properties", [])}


@pytest.fixture(scope="module")
def environment() -> Bill:
    lines = [f"httpx[http2]=={HTTPX}", "click", "mlflow==0.0.1", "nowhere==1.2 # ours", "-r x.txt"]
    return CycloneDxBills().environment(lines, "3.11.2", AT)


def test_an_environment_lists_what_is_declared_and_what_that_pulls_in(environment: Bill) -> None:
    document = parsed(environment)
    found = {one["name"]: one for one in document["components"]}
    assert environment.components == len(found)
    assert found["httpx"]["purl"] == f"pkg:pypi/httpx@{HTTPX}"
    assert properties(found["httpx"])["octavo:origin"] == "declared"
    assert properties(found["httpcore"])["octavo:origin"] == "pulled in"
    assert found["httpx"]["licenses"]
    tree = {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
    assert "pypi/httpcore" in tree["pypi/httpx"]
    assert set(tree["environment"]) == {
        "pypi/httpx", "pypi/click", "pypi/mlflow", "pypi/nowhere",
    }  # fmt: skip
    assert properties(document["metadata"]["component"]) == {
        "octavo:python": "3.11.2",
        "octavo:lines-left-out": "1",
    }


def test_what_a_bill_cannot_know_it_says(environment: Bill) -> None:
    found = {one["name"]: properties(one) for one in parsed(environment)["components"]}
    assert "not pinned" in found["click"]["octavo:note"]
    assert "what 0.0.1 pulls in is not known" in found["mlflow"]["octavo:note"]
    assert "not installed where the bill was made" in found["nowhere"]["octavo:note"]


def test_the_same_environment_has_the_same_digest() -> None:
    one = environment_digest(["b==1", " a==2 ", ""], "3.11")
    assert one == environment_digest(["a==2", "b==1"], "3.11")
    assert one != environment_digest(["a==2", "b==1"], "3.12")
    assert one != environment_digest(["a==2", "b==2"], "3.11")


def test_the_same_bill_is_made_twice() -> None:
    first, again = (CycloneDxBills().environment(["click"], "3.11", AT) for _ in range(2))
    assert first == again


def test_a_model_lists_its_files_data_and_results(environment: Bill) -> None:
    document = parsed(CycloneDxBills().model(told(), environment, AT))
    model = document["metadata"]["component"]
    assert (model["type"], model["group"], model["version"]) == (
        "machine-learning-model", "flights", "1",
    )  # fmt: skip
    assert model["hashes"][0]["content"] == told().digest
    results = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert results == [{"type": "auc", "value": "0.7"}]
    assert model["modelCard"]["modelParameters"]["datasets"] == [{"ref": "data/flights@12ab"}]
    assert properties(model)["octavo:environment-sbom-sha256"] == environment.digest
    kinds = [one["type"] for one in document["components"]]
    assert kinds == ["file", "file", "data"]
