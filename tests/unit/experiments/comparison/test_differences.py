"""What differs between runs."""

from __future__ import annotations

import pytest
from tests.unit.experiments.test_rules import run

from octavo_server.errors import Invalid
from octavo_server.experiments.comparison import rules


@pytest.mark.parametrize("ids", [[], ["a"], ["a", "a"], [str(n) for n in range(101)]])
def test_two_to_a_hundred_runs_compare(ids: list[str]) -> None:
    with pytest.raises(Invalid, match="different runs were given; 2 to 100 compare"):
        rules.checked_ids(ids)


def test_a_comparison_begins_with_what_differs() -> None:
    first = run("a", metrics={"auc": 0.7, "f1": 0.5}, params={"C": "1", "seed": "0"})
    second = run("b", metrics={"auc": 0.9, "f1": 0.5}, params={"C": "2", "seed": "0"})
    lines = rules.lines([first, second])
    assert [(line.kind, line.name) for line in lines if line.differs] == [
        ("metric", "auc"),
        ("param", "C"),
    ]
    assert lines[0].delta == pytest.approx(0.2)
    assert all(not line.differs for line in lines[2:])


def test_a_missing_value_differs_and_has_no_delta() -> None:
    (line,) = [
        one for one in rules.lines([run("a", metrics={"auc": 0.7}), run("b")]) if one.name == "auc"
    ]
    assert (line.values, line.differs, line.delta) == ((0.7, None), True, None)
