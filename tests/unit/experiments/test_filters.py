"""The filter language: what is read, what is refused where, what may stand at the cursor."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.filters.cursor import hole_at, problem_of
from octavo_server.experiments.runs.filters.reader import read_filter
from octavo_server.experiments.runs.filters.syntax import (
    All,
    Any,
    Comparison,
    Field,
    Membership,
    Not,
    Presence,
    Words,
    moves_with_time,
)
from octavo_server.experiments.runs.filters.tokens import FilterError
from octavo_server.experiments.runs.index.patterns import pattern

AUC = Field(kind="metric", name="auc")


def test_a_filter_of_every_kind() -> None:
    tree = read_filter(
        'metrics.auc > 0.7 and params.depth = "5" and tags.team in ("a", b) and status = RUNNING '
        'and owner = "ann" and name like "%tree%" and started > 2d ago'
    )
    assert isinstance(tree, All)
    auc, depth, team, status, owner, name, started = tree.parts
    assert isinstance(auc, Comparison)
    assert (auc.field, auc.op, auc.value.number) == (AUC, ">", 0.7)
    assert isinstance(depth, Comparison)
    assert (depth.value.text, depth.value.number) == ("5", None)
    assert isinstance(team, Membership)
    assert [value.text for value in team.values] == ["a", "b"]
    assert isinstance(status, Comparison)
    assert status.value.text == "running"
    assert isinstance(owner, Comparison)
    assert isinstance(name, Comparison)
    assert name.op == "like"
    assert isinstance(started, Comparison)
    assert (started.value.number, started.value.ago) == (172_800.0, True)
    assert moves_with_time(tree)
    assert not moves_with_time(auc)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", All()),
        ("tree forest", All(parts=(Words(text="tree"), Words(text="forest")))),
        ('"a b"', Words(text="a b")),
        ("name", Words(text="name")),
        ("a or not b", Any(parts=(Words(text="a"), Not(inner=Words(text="b"))))),
        ("metrics.auc exists", Presence(field=AUC)),
        ("metrics.auc not exists", Not(inner=Presence(field=AUC))),
        ("metric.auc is null", Not(inner=Presence(field=AUC))),
        ("metrics.`auc` IS NOT NULL", Presence(field=AUC)),
        ('tags."a\\"b" exists', Presence(field=Field(kind="tag", name='a"b'))),
        ("params.__proto__ exists", Presence(field=Field(kind="param", name="__proto__"))),
    ],
)
def test_trees(text: str, tree: object) -> None:
    assert read_filter(text) == tree


@pytest.mark.parametrize(
    ("title", "column"),
    [("state", "status"), ("by", "owner"), ("took", "duration"), ("Model", "models")],
)
def test_columns_are_known_by_their_titles_too(title: str, column: str) -> None:
    assert rules.field_from(title, "by") == Field(kind="column", name=column)


def test_or_binds_less_than_and() -> None:
    tree = read_filter("a or b and (c or d)")
    assert isinstance(tree, Any)
    assert isinstance(tree.parts[1], All)
    assert isinstance(tree.parts[1].parts[1], Any)


@pytest.mark.parametrize(
    ("text", "position", "length", "message"),
    [
        ("foo = 3", 0, 3, "there is no field 'foo'; is it metrics.foo, params.foo or tags.foo?"),
        ("metrics.auc >", 13, 1, "the filter ends where a number should be"),
        ("metrics.auc > > 1", 14, 1, "'>' stands where a number should be"),
        ("metrics.auc > x", 14, 1, "'x' is not a number"),
        ("status = gone", 9, 4, "'gone' is not a state (scheduled, running, finished"),
        ("started like 3", 8, 4, "started can't be compared by like"),
        ("started > soon", 10, 4, "'soon' is not a time such as 2026-01-31"),
        ("duration > 10q", 11, 3, "'10q' is not a span of time such as 90s, 15m or 2h"),
        ("(a", 2, 1, "the filter ends where and, or or ) should be"),
        ("a)", 1, 1, "')' stands where and or or should be"),
        ("a and and b", 6, 3, "'and' stands where a field, a word to look for, not or ( should be"),
        ('owner = "ann', 8, 4, 'the quote " is never closed'),
        ("a ! b", 2, 1, "'!' means nothing here"),
        ("tags.x in (1; 2)", 14, 1, "'2' stands where , or ) should be"),
        ("not " * 30 + "a", 80, 3, "it is nested more than 20 deep here"),
        ("a " * 51, 100, 1, "it has more than 50 conditions from here on"),
        ("a" * 2_001, 2_000, 1, "the filter has 2,001 characters; at most 2,000 are read"),
        (
            "tags.x in (" + "1," * 120 + "1)",
            212,
            1,
            "it has more than 100 values between its parentheses",
        ),
    ],
)
def test_a_refusal_says_where_and_what(text: str, position: int, length: int, message: str) -> None:
    problem = problem_of(text)
    assert problem is not None
    assert problem.message.startswith(message)
    assert (problem.position, problem.length) == (position, length)


WORDS = st.sampled_from(
    ["metrics.a", "params.", "tags.`x", "and", "or", "not", "(", ")", "=", "!=", "like", '"%a"',
     "in", ",", "0.5", "nan", "status", "running", "started", "2d", "ago", "is", "null", "'", "\\",
     "exists"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=12).map(" ".join)), st.data())
def test_any_text_is_read_or_refused_within_itself(text: str, data: st.DataObject) -> None:
    problem = problem_of(text)
    if problem is not None:
        assert 0 <= problem.position <= len(text)
        assert problem.length >= 1
        assert problem.message
    at = data.draw(st.integers(0, len(text)))
    hole = hole_at(text, at)
    assert 0 <= hole.start <= at


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("", 0, "a field"),
        ("met", 0, "a field"),
        ("metrics.auc ", 12, ">="),
        ("metrics.auc > ", 14, "a number"),
        ("metrics.auc > 0.7 ", 18, "and"),
        ("(name like x ", 13, ")"),
        ('owner = "an', 8, "a text or number"),
        ("a or not ", 9, "a field"),
        ("metrics.x is ", 13, "not null"),
    ],
)
def test_what_may_stand_at_the_cursor(text: str, start: int, expected: str) -> None:
    hole = hole_at(text, len(text))
    assert hole.start == start
    assert expected in hole.expected


@pytest.mark.parametrize(
    ("like", "text", "fits"),
    [
        ("tree", "tree", True),
        ("tree", "trees", False),
        ("%tree%", "a tree b", True),
        ("t_ee", "tree", True),
        ("t_ee", "tee", False),
        ("%a%b", "xaxbb", True),
        ("a%a", "a", False),
        ("%_%", "", False),
        ("%", "", True),
        ("", "", True),
        ("%x_z%", "axxyz", True),
    ],
)
def test_patterns(like: str, text: str, fits: bool) -> None:
    assert pattern(like, folded=False)(text) is fits
    assert pattern(like.upper(), folded=True)(text) is fits


def test_a_pattern_that_would_backtrack_for_ever_does_not() -> None:
    began = time.process_time()
    assert not pattern("%a" * 100 + "%b", folded=False)("a" * 2_000)
    assert not pattern("%a_" * 60 + "%b", folded=False)("a" * 2_000)
    assert time.process_time() - began < 1


def test_deep_nesting_of_parentheses_is_refused() -> None:
    with pytest.raises(FilterError, match="nested"):
        read_filter("(" * 900 + "a" + ")" * 900)
