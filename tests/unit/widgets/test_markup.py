"""Nothing that comes from data becomes markup."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from octavo.records.monitoring import (
    Alert,
    DriftReport,
    FeatureDrift,
    Light,
    SchemaFinding,
    ScoreDistribution,
)
from octavo_widgets import charts, sections
from octavo_widgets.alerts import alert_list
from octavo_widgets.markup import Markup, tag, text
from octavo_widgets.theme import VARIABLES

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVIL = "</td></title></svg><script>window.stolen = 1</script><img src=x onerror=alert(1)>"


def drift(name: str, **more: object) -> FeatureDrift:
    given: dict[str, object] = {
        "feature": name,
        "kind": "category",
        "month": "2013-07",
        "psi": 0.5,
        "ks": None,
        "js": 0.2,
        "null_share": 0.1,
        "training_null_share": 0.0,
        "rows": 10,
        "level": "critical",
        "labels": [EVIL, "missing"],
        "shares": [0.9, 0.1],
        "training_shares": [1.0, 0.0],
    }
    return FeatureDrift.model_validate({**given, **more})


def report(*features: FeatureDrift) -> DriftReport:
    return DriftReport(
        project="flights",
        deployment="late",
        model="late",
        version=1,
        baseline=EVIL,
        baseline_run_id="r",
        months=["2013-07"],
        features=list(features),
        schema_findings=[
            SchemaFinding(month="2013-07", column=EVIL, problem="missing", message=EVIL)
        ],
        computed_at=NOON,
        message=EVIL,
    )


def test_text_is_escaped_and_made_markup_stays() -> None:
    assert "<" not in text(EVIL)
    assert text(tag("b", "x")) == "<b>x</b>"
    assert tag("p", EVIL, title=EVIL).count("<") == 2
    assert isinstance(tag("p"), Markup)


@pytest.mark.parametrize(
    "made",
    [
        lambda: sections.drift_table(report(drift(EVIL))),
        lambda: sections.feature(drift(EVIL), report(drift(EVIL))),
        lambda: sections.quality(report(drift(EVIL))),
        lambda: sections.quality(report()),
        lambda: sections.problem(EVIL, EVIL),
        lambda: sections.lights([Light(topic="drift", level="ok", sentence=EVIL, baseline=EVIL)]),
    ],
)
def test_no_script_from_data_in_any_part(made: Callable[[], str]) -> None:
    shown = made()
    assert "<script" not in shown
    assert "<img" not in shown


def test_alerts_escape_what_they_quote() -> None:
    alert = Alert(
        id="a",
        project="flights",
        deployment="late",
        rule="drift",
        subject=EVIL,
        level="warning",
        message=EVIL,
        value=1.0,
        limit=0.5,
        opened_at=NOON,
        last_seen_at=NOON,
        resolved_at=None,
        acknowledged_by=EVIL,
        acknowledged_at=NOON,
        acknowledgement=EVIL,
    )
    box = alert_list([alert], lambda *_: None)
    shown = box.children[1].children[0].value
    assert "<script" not in shown
    assert "<img" not in shown


def test_an_alert_is_taken_with_a_note() -> None:
    alert = Alert.model_validate(
        {
            **dict.fromkeys(Alert.model_fields),
            "id": "a",
            "project": "p",
            "deployment": "d",
            "rule": "drift",
            "subject": "s",
            "level": "warning",
            "message": "m",
            "opened_at": NOON,
            "last_seen_at": NOON,
        }
    )
    taken: list[tuple[str, str]] = []
    box = alert_list([alert], lambda one, note: taken.append((one.id, note)))
    _, note, button = box.children[1].children
    assert button.disabled
    note.value = "Looking into it."
    assert not button.disabled
    button.click()
    assert taken == [("a", "Looking into it.")]


def test_charts_are_well_formed_svg_in_the_themes_colours() -> None:
    scores = ScoreDistribution(
        edges=[0, 0.5, 1],
        live=[0.2, 0.8],
        training=[0.5, 0.5],
        live_count=9,
        training_count=9,
        psi=1,
    )
    for drawn in (charts.feature_histogram(drift(EVIL)), charts.score_distribution(scores)):
        ET.fromstring(drawn)  # noqa: S314 - drawn here
        assert "var(--jp-" in drawn
        assert not [stand_in for stand_in in VARIABLES if stand_in in drawn]
        assert "http://www.w3.org" in drawn
        assert 'xlink:href="http' not in drawn
