"""Profile files: the shipped ones are valid, and a wrong one says what is wrong."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.profiles import CPU, MEMORY, price

from octavo.local import resources
from octavo_server.adapters.machine import LocalMachine
from octavo_server.adapters.profile_files import SCHEMA, DocumentLoader, ProfileFolder

SHIPPED = resources.path("spawner_profiles")
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"prices": price(-1)}, "prices.0.per_hour: -1 is less than the minimum of 0"),
    ({"idle": {"minutes": 0}}, "idle.minutes: 0 is less than the minimum of 1"),
    ({"environments": ["moon"]}, "environments.0: 'moon' is not one of"),
    ({"image": "evil"}, "'image' was unexpected"),
    ({"id": "other"}, "id: 'other' must be the file's name, 'cpu-small'"),
    ({"resources": {"cpu": CPU, "memory_gib": MEMORY}}, "'processes' is a required property"),
    (
        {"resources": {"cpu": CPU, "memory_gib": MEMORY, "processes": 100, "gpu": {"count": 1}}},
        "resources.gpu: 'type' is a required property",
    ),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in (SCHEMA, "cpu-small.yaml"):
        shutil.copy(SHIPPED / name, tmp_path)
    return tmp_path


def _change(folder: Path, change: dict[str, Any]) -> None:
    file = folder / "cpu-small.yaml"
    file.write_text(
        yaml.safe_dump(yaml.load(file.read_text(), DocumentLoader) | change)  # noqa: S506 - a safe one
    )


def test_the_shipped_profiles_are_valid() -> None:
    documents, faults = ProfileFolder(SHIPPED).read()
    assert faults == {}
    assert set(documents) == {"cpu-small", "cpu-large", "gpu-1"}


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_a_wrong_file_names_field_value_and_limit(
    folder: Path, change: dict[str, Any], sentence: str
) -> None:
    _change(folder, change)
    documents, faults = ProfileFolder(folder).read()
    assert documents == {}
    assert sentence in faults["cpu-small.yaml"]


def test_what_is_no_yaml_is_a_fault_and_the_others_stay(folder: Path) -> None:
    (folder / "broken.yaml").write_text("a: [")
    documents, faults = ProfileFolder(folder).read()
    assert set(documents) == {"cpu-small"}
    assert "no YAML" in faults["broken.yaml"]


def test_gpus_are_read_from_the_drivers_folder(tmp_path: Path) -> None:
    assert LocalMachine(tmp_path / "none").facts().gpus == ()
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:01:00.0" / "information").write_text("Model: \t NVIDIA A100\nIRQ: 5\n")
    facts = LocalMachine(tmp_path).facts()
    assert facts.gpus == ("NVIDIA A100",)
    assert facts.cpus >= 1
    assert facts.memory_gib > 0.1
