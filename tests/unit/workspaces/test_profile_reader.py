"""The reader of documents: whatever is put in, findings come out, and nothing is taken for code."""

from __future__ import annotations

import string
import time
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.profiles import FORM, checker, document

from octavo_server.adapters.safe_yaml import LARGEST, read_yaml, value_of, write_yaml
from octavo_server.workspaces.profiles import rules
from octavo_server.workspaces.profiles.document_rules import RESERVED_IDS

TEXT = st.text(alphabet=st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]))
WORD = st.text(alphabet=string.ascii_letters + string.digits, min_size=1, max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner),
    max_leaves=25,
)
YAML_BITS = st.lists(
    st.sampled_from(
        ["a", "b: ", "- ", "? ", ": ", "{", "}", "[", "]", ",", "\n", "  ", "\t", "&x ", "*x",
         "!!str ", "!!python/object:os.system ", "|\n", ">\n", "'", '"', "#", "---\n", "...\n",
         "%YAML 1.2\n", "<<: ", "\\x00", "\x00", "\ud800", "\u2028", "1e999", "0x10", "~", "null",
         "true", "id: x\n", "resources:\n", "\ufeff"]
    ),
    max_size=60,
).map("".join)  # fmt: skip


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Give valid documents with most of what a document can say."""
    limit = draw(st.integers(1, 16))
    gpu = draw(st.booleans())
    title = draw(TEXT.filter(lambda text: 1 <= len(text) <= 60 and text == text.strip()))
    made = document(
        id=draw(
            st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True).filter(
                lambda name: name not in RESERVED_IDS
            )
        ),
        title=title,
        description=draw(TEXT.filter(lambda text: text.strip() and len(text) <= 300)),
        longest_hours=draw(st.integers(24, 720) | st.just(36.5)),
        audiences=draw(st.lists(st.sampled_from(["scientists", "admins", "oncall"]), unique=True)),
        environments=draw(st.lists(st.sampled_from(["dev", "test"]), min_size=1, unique=True)),
        pipelines=draw(st.booleans()),
        environment=draw(st.dictionaries(WORD.map(lambda word: f"X_{word}"), TEXT, max_size=3)),
        labels=draw(st.dictionaries(WORD, WORD, max_size=3)),
        prices=[
            {"from": f"20{year}-01-01", "per_hour": price / 10_000, "currency": "EUR"}
            for year, price in zip(
                (26, 27, 28),
                draw(st.lists(st.integers(0, 10**8), min_size=1, max_size=3)),
                strict=False,
            )
        ],
    )
    resources = {
        "cpu": {"guarantee": draw(st.floats(0.01, limit)), "limit": limit},
        "memory_gib": {"guarantee": 0.5, "limit": draw(st.floats(0.5, 60))},
        "processes": draw(st.integers(64, 100_000)),
    }
    if gpu:
        resources["gpu"] = {"count": draw(st.integers(1, 64)), "type": draw(WORD)}
        made["idle"] = {"minutes": 60, "gpu_minutes": draw(st.integers(1, 600))}
    made["resources"] = resources
    if draw(st.booleans()):
        made["volumes"] = [
            {"name": "own", "mount": "/data/own", "size_gib": draw(st.floats(0.1, 100))},
            {"name": "shared", "mount": "/data/shared", "claim": "corpus", "read_only": True},
        ]
        made["placement"] = {
            "node_selector": draw(st.dictionaries(WORD, WORD, max_size=2)),
            "tolerations": [{"key": "team", "operator": "Equal", "value": draw(WORD)}],
        }
        made["capacity"] = draw(st.sampled_from(["on-demand", "spot"]))
    return made


@settings(max_examples=100, deadline=None)
@given(documents())
def test_a_valid_document_reads_back_as_it_was_written(made: dict[str, Any]) -> None:
    text = FORM.write(made)
    found = checker().check(text, f"{made['id']}.yaml", None)
    assert found.errors == ()
    assert found.raw == made
    assert FORM.write(found.raw or {}) == text
    again = checker().check(FORM.write(found.raw or {}), f"{made['id']}.yaml", None)
    assert (again.findings, again.profile) == (found.findings, found.profile)


@settings(max_examples=100, deadline=None)
@given(documents())
def test_the_canonical_form_means_the_same_and_is_a_fixed_point(made: dict[str, Any]) -> None:
    profile = rules.profile_of(made)
    canonical = checker().canonical(profile)
    found = checker().check(canonical, f"{made['id']}.yaml", None)
    assert found.errors == ()
    assert found.profile == profile
    assert rules.digest_of(profile) == rules.digest_of(
        rules.profile_from(rules.content_of(profile))
    )
    assert checker().canonical(found.profile or profile) == canonical


@settings(max_examples=100, deadline=None)
@given(documents())
def test_other_readers_of_yaml_see_the_same_document(made: dict[str, Any]) -> None:
    class Plain(yaml.SafeLoader):
        """Reads dates as the text they are."""

    Plain.yaml_implicit_resolvers = {
        first: [one for one in found if one[0] != "tag:yaml.org,2002:timestamp"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    assert yaml.load(FORM.write(made), Plain) == made  # noqa: S506 - a safe one


@settings(max_examples=250, deadline=None)
@given(st.text() | YAML_BITS)
@example("a: 1\n" * 3)
@example("? a\n? b\n")
@example("{" * 2000)
@example("[" * 65_536)
@example("- " * 30_000)
@example("\ud800")
@example("'" + "x" * 1_200 + "': 1")
def test_whatever_is_read_gives_findings_and_never_an_exception(text: str) -> None:
    found = checker().check(text, "any.yaml", ["cpu-small"])
    assert found.errors
    for one in found.findings:
        assert one.file == "any.yaml"
        assert one.message
        one.message.encode()
        one.value.encode()
        one.field.encode()


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=10), JSON, max_size=5))
@example({"a": 10**5_000})
@example({"a": float("nan")})
@example({"\ud800": "\ud800"})
def test_whatever_a_form_sends_gives_findings_and_never_an_exception(made: dict[str, Any]) -> None:
    found = checker().check_form(made, "any.yaml", None)
    assert found.errors


def test_a_form_nested_without_end_is_refused() -> None:
    made: dict[str, Any] = {}
    for _ in range(5_000):
        made = {"a": made}
    found = checker().check_form(made, "any.yaml", None)
    assert "can't be written as YAML" in found.errors[0].message


def test_a_form_of_many_values_is_refused_before_it_is_written() -> None:
    found = checker().check_form(document(audiences=[0.5] * 600_000), "cpu-small.yaml", None)
    assert [one.message for one in found.errors] == [
        "The document can't be written as YAML: it has more than 5000 values."
    ]
    assert found.text == ""


@pytest.mark.parametrize("hidden", "\u115f\u1160\u3164\uffa0\u2800\u034f\u202e\u200b")
def test_what_nobody_sees_is_refused_wherever_it_stands(hidden: str) -> None:
    for text in (f"title: a{hidden}b\n", f"title: ab # why{hidden}\n"):
        [fault] = read_yaml(text).faults
        assert fault.message.startswith("Control characters, unseen ones and marks")
        assert fault.value == f"\\u{ord(hidden):04x}"


def test_a_line_break_in_a_value_is_shown() -> None:
    text = FORM.write(document()).replace("id: cpu-small", 'id: "cpu-small\\n"')
    messages = [one.message for one in checker().check(text, "cpu-small.yaml", None).errors]
    assert any(one.startswith(r"id is 'cpu-small\n'; it must be ") for one in messages)


def test_a_form_keeps_the_schemas_order_and_drops_empty_fields() -> None:
    made = dict(reversed(document(images=None, capacity=None).items()))
    text = checker().check_form(made, "cpu-small.yaml", None).text
    assert [line.partition(":")[0] for line in text.splitlines() if line[0].isalpha()] == [
        "id", "title", "description", "resources", "prices", "idle", "longest_hours",
        "ready_seconds", "audiences", "environments", "pipelines",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-01-01", "2026-01-01"),
        ("12:30", "12:30"),
        ("yes", "yes"),
        ("0x1F", "0x1F"),
        ("010", 10),
        ("1_000", "1_000"),
        ("true", True),
        ("~", None),
        ("-3", -3),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1e999", "1e999"),
        ("9" * 16, "9" * 16),
    ],
)
def test_unquoted_values_are_those_of_json_and_nothing_else(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


@pytest.mark.parametrize("text", ["1e3", "yes", "2026-01-01", "0o7", "1_0", "null", "=", "12:30"])
def test_text_stays_text_when_it_is_written(text: str) -> None:
    assert read_yaml(write_yaml({"a": text})).raw == {"a": text}


@pytest.mark.parametrize(
    "text",
    [
        "[" * LARGEST,
        "{" * LARGEST,
        "- " * (LARGEST // 2),
        "a: [" + "1," * (LARGEST // 2 - 3),
        "? " * (LARGEST // 2),
        "\n".join(f"k{number}: v" for number in range(6_000)),
        '"' + "\\x41" * (LARGEST // 4 - 1) + '"',
        "&a " * (LARGEST // 3),
        "a: |\n" + " x\n" * 20_000,
    ],
)
def test_the_worst_that_fits_is_read_within_two_seconds_of_cpu(text: str) -> None:
    begun = time.process_time()
    read_yaml(text[:LARGEST])
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("field", "value"),
    [("environment", {"X\n": "1"}), ("labels", {"team\n": "a"}), ("labels", {"team": "a\n"})],
)
def test_a_line_break_after_a_name_is_no_part_of_it(field: str, value: dict[str, str]) -> None:
    text = FORM.write(document(**{field: value}))
    (found,) = checker().check(text, "cpu-small.yaml", None).errors
    assert found.field.startswith(f"{field}.")
    assert "letters, digits" in found.limit
