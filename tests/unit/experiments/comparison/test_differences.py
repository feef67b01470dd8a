"""What differs between runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from tests.unit.experiments.test_rules import run

from octavo_server.errors import Invalid
from octavo_server.experiments.comparison import rules
from octavo_server.experiments.comparison.domain import Kind
from octavo_server.experiments.runs.domain import DataInput

AT = datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "a"], [str(n) for n in range(101)]])
def test_two_to_a_hundred_runs_compare(ids: list[str]) -> None:
    with pytest.raises(Invalid, match="different runs were given; 2 to 100 compare") as refused:
        rules.checked_ids(ids)
    assert refused.value.remedy == "Give run= once for each run."


def test_a_comparison_begins_with_what_differs() -> None:
    first = run("a", metrics={"auc": 0.7, "f1": 0.5}, params={"C": "1", "seed": "0"})
    second = run("b", metrics={"auc": 0.9, "f1": 0.5}, params={"C": "2", "seed": "0"})
    lines = rules.lines([first, second])
    assert [(line.kind, line.name) for line in lines if line.differs] == [
        (Kind.METRIC, "auc"),
        (Kind.PARAM, "C"),
    ]
    assert lines[0].delta == pytest.approx(0.2)
    assert all(not line.differs for line in lines[2:])


def test_a_missing_value_differs_and_has_no_delta() -> None:
    (line,) = [
        one for one in rules.lines([run("a", metrics={"auc": 0.7}), run("b")]) if one.name == "auc"
    ]
    assert (line.values, line.differs, line.delta) == ((0.7, None), True, None)


def test_a_value_that_is_no_number_is_told_from_a_missing_one() -> None:
    (line,) = [
        one for one in rules.lines([run("a", metrics={"auc": None}), run("b")]) if one.name == "auc"
    ]
    assert (line.values, line.differs) == ((rules.NO_NUMBER, None), True)


def test_each_kind_of_difference_has_its_lines() -> None:
    tags = {
        "octavo.notebook.path": "train.ipynb",
        "octavo.notebook.sha256": "ff",
        "octavo.notebook.cell": "c1",
        "octavo.notebook.cell_sha256": "0a",
        "octavo.git.commit": "abc",
        "octavo.profile": "gpu",
        "octavo.environment.python": "3.11.9",
        "octavo.environment.packages": "numpy=2.3.1 scikit-learn=1.9.1",
        "octavo.feature_snapshot": "s2",
        "octavo.features": json.dumps({"views": {"delays": ["b", "a"]}, "services": ["late"]}),
        "octavo.price_eur_per_hour": "3.4",
        "mlflow.note.content": "why",
        "mlflow.user": "ada",
        "team": "ops",
    }
    data = DataInput(name="flights", digest="d1", source="lake", context="training")
    lines = rules.lines([run("a", tags=tags, inputs=(data,)), run("b", owner="bob")])
    named = {(line.kind.value, line.name) for line in lines if line.differs}
    assert named == {
        ("feature", "snapshot"),
        ("feature", "delays"),
        ("feature", "services"),
        ("input", "flights (training)"),
        ("notebook", "path"),
        ("notebook", "version"),
        ("notebook", "commit"),
        ("cell", "cell"),
        ("cell", "source"),
        ("environment", "profile"),
        ("environment", "python"),
        ("environment", "numpy"),
        ("environment", "scikit-learn"),
        ("setting", "owner"),
        ("setting", "price per hour"),
        ("tag", "note"),
        ("tag", "team"),
    }
    columns = next(line for line in lines if line.name == "delays")
    assert columns.values == ("a, b", None)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("delays@s1 weather@s2", {"delays": "s1", "weather": "s2"}),
        ("{broken", {"{broken": ""}),
        ('["a"]', {}),
        ('{"views": ["a"], "services": "b"}', {}),
        ("[" * 100_000, {"[" * rules.LONGEST_NAME: ""}),
        ('{"views": {"__proto__": [1]}}', {"__proto__": "1"}),
    ],
)
def test_whatever_stands_in_the_tag_of_features_is_shown_or_left_out(
    text: str, read: dict[str, str]
) -> None:
    lines = rules.lines([run("a", tags={"octavo.features": text}), run("b")])
    assert {line.name: line.values[0] for line in lines if line.kind is Kind.FEATURE} == read


def test_long_values_are_cut_to_where_they_begin_to_differ() -> None:
    same, first, second = "x" * 5_000, "y" * 600, "z" * 10
    left, right = rules.cut((same + first, same + second))
    assert left == "…" + "x" * 40 + "y" * 460 + "…"
    assert right == "…" + "x" * 40 + second
    assert rules.cut(("a" * 600, "a" * 600)) == ("a" * 500 + "…",) * 2
    assert rules.cut(("a" * 600, "a" * 700, 3.0, None)) == (
        "…" + "a" * 40,
        "…" + "a" * 140,
        3.0,
        None,
    )


def test_an_answer_has_an_end() -> None:
    many = {f"p{n}": str(n) for n in range(30_000)}
    lines = rules.lines([run("a", params=many), run("b")])
    shown = rules.shown(lines, 2)
    assert len(shown) == rules.MOST_VALUES // 2
    assert all(line.differs for line in shown)


def test_hostile_names_are_names() -> None:
    name = "<img src=x>\u202e__proto__" + "n" * 1_000_000
    lines = rules.lines([run("a", params={name: "1"}), run("b", params={name: "2"})])
    (line,) = [one for one in lines if one.kind is Kind.PARAM]
    assert line.name == name[: rules.LONGEST_NAME]
    assert line.values == ("1", "2")
