"""Bad documents: each is refused with file, line, field and reason, and nothing else is said.

Each file of ``tests/data/profiles/bad`` names in its head the field and what is said about it, and
marks the line with ``# <- here``.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.support.profiles import FORM, KnownGroups, KnownPools, checker, document, machine

from octavo.local import resources
from octavo_server.adapters.safe_yaml import read_yaml
from octavo_server.workspaces.profiles.findings import Finding

CORPUS = Path(__file__).parents[2] / "data" / "profiles" / "bad"
FILES = sorted(CORPUS.glob("*.yaml"))
LINELESS = {"a-list", "empty"}
"""Where the whole document is wrong, no line is."""
LATER = {"unclosed"}
"""What is missing is missed only further down."""


def _errors(file: Path) -> tuple[Finding, ...]:
    images = ("registry.example/octavo/*",)
    text = file.read_text(encoding="utf-8")
    return checker(images=images).check(text, file.name, ["cpu-small"]).errors


def _head(file: Path, name: str) -> str:
    lines = file.read_text(encoding="utf-8").splitlines()[:2]
    found = [line for line in lines if line.startswith(f"# {name}:")]
    return found[0].partition(":")[2].strip()


def test_the_corpus_is_there() -> None:
    assert len(FILES) > 60


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_bad_document_is_refused_with_line_field_value_and_reason(file: Path) -> None:
    errors = _errors(file)
    assert len(errors) == 1, errors
    found = errors[0]
    lines = file.read_text(encoding="utf-8").splitlines()
    marked = next(number for number, line in enumerate(lines, 1) if "# <- here" in line)
    assert found.file == file.name
    assert found.field == _head(file, "field")
    assert _head(file, "says") in found.message
    assert found.limit
    if file.stem not in LINELESS | LATER:
        assert found.line == marked
    assert len(found.message) < 700
    assert found.message.endswith(".")


def test_all_errors_are_told_in_the_order_of_lines() -> None:
    text = FORM.write(document(pipelines="maybe", longest_hours=-1, nope=1))
    errors = checker().check(text, "cpu-small.yaml", None).errors
    assert [one.field for one in errors] == ["longest_hours", "pipelines", "nope"]
    assert [one.line for one in errors] == sorted(one.line or 0 for one in errors)


def test_a_document_over_the_size_limit_is_not_even_parsed() -> None:
    found = checker().check("a: " + "x" * 70_000, "big.yaml", None)
    assert found.errors[0].message == (
        "The document has 70003 characters; at most 65536 are allowed."
    )


def test_a_hub_that_is_away_leaves_groups_unchecked_and_says_so() -> None:
    groups = KnownGroups()
    groups.known = None
    text = FORM.write(document(audiences=["moon-people"]))
    found = checker(groups).check(text, "cpu-small.yaml", None)
    assert found.errors == ()
    assert [one.severity for one in found.findings] == ["warning"]
    assert "was not asked whether these groups exist" in found.findings[0].message


def test_a_group_with_a_role_here_is_known_before_a_member_has_signed_in() -> None:
    groups = KnownGroups("admins")
    groups.roles = {"scientists"}
    text = FORM.write(document(audiences=["scientists"]))
    assert checker(groups).check(text, "cpu-small.yaml", None).findings == ()
    text = FORM.write(document(audiences=["scientists", "moon-people"]))
    (found,) = checker(groups).check(text, "cpu-small.yaml", None).errors
    assert found.field == "audiences.1"
    assert found.limit == "a group of the hub or of a project: admins, scientists"
    groups.known = None
    (remark,) = checker(groups).check(text, "cpu-small.yaml", None).findings
    assert (remark.severity, remark.value) == ("warning", "moon-people")


def test_a_secret_in_the_environment_is_a_remark_that_does_not_repeat_it() -> None:
    text = FORM.write(document(environment={"DB_PASSWORD": "hunter2"}))
    found = checker().check(text, "cpu-small.yaml", None)
    assert found.errors == ()
    assert "looks like a secret" in found.findings[0].message
    assert "hunter2" not in str(found.findings)


@pytest.mark.parametrize(
    ("pattern", "repository", "allowed"),
    [
        ("registry.example/octavo/*", "registry.example/octavo/cpu", True),
        ("registry.example/octavo/*", "registry.example/octavo/team/cpu", False),
        ("registry.example/**", "registry.example/octavo/team/cpu", True),
        ("registry.example/octavo/cpu", "registry.example/octavo/cpu2", False),
        ("registry.example/octavo.*", "registry.example/octavox1", False),
    ],
)
def test_image_patterns_match_whole_repositories(
    pattern: str, repository: str, allowed: bool
) -> None:
    image = f"{repository}@sha256:{'0' * 64}"
    text = FORM.write(document(images=[{"name": "usual", "title": "Usual", "image": image}]))
    found = checker(images=(pattern,)).check(text, "cpu-small.yaml", None)
    assert (found.errors == ()) is allowed


def test_without_the_setting_no_image_is_allowed() -> None:
    image = f"registry.example/octavo/cpu@sha256:{'0' * 64}"
    text = FORM.write(document(images=[{"name": "usual", "title": "Usual", "image": image}]))
    found = checker().check(text, "cpu-small.yaml", None)
    assert "OCTAVO_IMAGES (none: it names no image)" in found.errors[0].message


@pytest.mark.parametrize(
    "stem",
    [
        "gpu-minutes-without-gpu",
        "gpu-type-without-count",
        "gpu-count-zero",
        "toleration-value",
        "toleration-no-value",
        "volume-both",
        "volume-neither",
        "no-currency",
    ],
)
def test_an_editor_knows_by_the_schema_alone_what_can_not_be_combined(stem: str) -> None:
    content = read_yaml((CORPUS / f"{stem}.yaml").read_text(encoding="utf-8")).raw
    assert not Draft202012Validator(dict(FORM.schema())).is_valid(content)


def test_the_schemas_themselves_are_valid_schemas() -> None:
    Draft202012Validator.check_schema(dict(FORM.schema()))
    pools = resources.path("spawner_profiles") / "node-pools.schema.json"
    Draft202012Validator.check_schema(json.loads(pools.read_text(encoding="utf-8")))


def test_the_shipped_profiles_are_valid_and_name_their_schema() -> None:
    files = sorted(resources.path("spawner_profiles").glob("*.yaml"))
    assert len(files) >= 3
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert checker().check(text, file.name, None).errors == ()
        assert text.startswith("# yaml-language-server: $schema=./profile.schema.json\n")


def test_the_shipped_profiles_fit_on_a_small_machine() -> None:
    small = KnownPools(machine(cpu=1, memory_gib=2))
    for file in sorted(resources.path("spawner_profiles").glob("*.yaml")):
        found = checker(pools=small).check(file.read_text(encoding="utf-8"), file.name, None)
        assert found.errors == ()
