"""The routes of cost, budgets and quotas."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.platform import Platform

BOOKED = datetime(2026, 2, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def booked(platform: Platform) -> Platform:
    """Give a platform on which a pipeline and a deployment ran in February 2026."""
    for kind, subject, part in (("run", "r1.1", "score-daily"), ("deployment", "late/v1", "late")):
        platform.services.usage.record(
            kind,  # type: ignore[arg-type]
            subject,
            person="scientist",
            project="flights",
            profile="cpu-small",
            since=BOOKED,
            until=BOOKED + timedelta(hours=2),
            part=part,
        )
    return platform


FEBRUARY = {"since": "2026-02-01", "until": "2026-02-28"}


def test_a_member_reads_the_cost_of_their_project(booked: Platform) -> None:
    answer = booked.call("scientist", "GET", "/projects/flights/cost", params=FEBRUARY).json()
    assert answer["total_eur"] == 0.48
    assert answer["split"] == {
        "attributed_eur": 0.48, "idle_eur": 0, "shared_eur": 0, "unattributed_eur": 0,
        "total_eur": 0.48,
    }  # fmt: skip
    assert [(line["name"], line["hours"]) for line in answer["by_pipeline"]] == [("score-daily", 2)]
    assert [(line["name"], line["hours"]) for line in answer["by_deployment"]] == [("late", 2)]
    assert answer["days"][0]["day"] == "2026-02-10"
    assert answer["budget_eur"] is not None
    by = booked.call(
        "scientist", "GET", "/projects/flights/cost", params={**FEBRUARY, "by": "kind"}
    ).json()
    assert [line["name"] for line in by["days"][0]["lines"]] == ["deployment", "run"]


def test_small_amounts_add_up_to_their_whole(booked: Platform) -> None:
    since = datetime(2026, 1, 10, 12, tzinfo=UTC)
    for subject in ("r2.1", "r3.1", "r4.1"):
        booked.services.usage.record(
            "run", subject, person="scientist", project="flights", profile="cpu-small",
            since=since, until=since + timedelta(seconds=1), part=subject,
        )  # fmt: skip
    span = {"since": "2026-01-10", "until": "2026-01-10"}
    answer = booked.call("scientist", "GET", "/projects/flights/cost", params=span).json()
    parts = [line["cost_eur"] for line in answer["by_pipeline"]]
    assert parts == [0.000033] * 3
    assert sum(parts) == pytest.approx(answer["total_eur"], abs=1e-9)


def test_a_side_that_there_is_not_is_refused_with_those_that_there_are(booked: Platform) -> None:
    answer = booked.call("admin", "GET", "/cost", params={"by": "moon"})
    assert answer.status_code == 422
    assert "'project', 'person', 'team', 'profile' or 'kind'" in answer.json()["message"]


def test_only_platform_admins_read_the_cost_of_all(booked: Platform) -> None:
    assert booked.call("admin", "GET", "/cost", params=FEBRUARY).json()["total_eur"] == 0.48
    for path in ("/cost", "/cost.csv", "/quotas"):
        answer = booked.call("scientist", "GET", path)
        assert answer.status_code == 403
        assert "admin" in answer.json()["message"]


@pytest.mark.parametrize(
    ("who", "path", "name"),
    [
        ("scientist", "/projects/flights/cost.csv", "octavo-cost-flights.csv"),
        ("admin", "/cost.csv", "octavo-cost.csv"),
    ],
)
def test_cost_is_downloaded_as_focus(booked: Platform, who: str, path: str, name: str) -> None:
    answer = booked.call(who, "GET", path, params=FEBRUARY)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["ChargePeriodStart"] for row in rows] == [
        "2026-02-10T12:00:00Z", "2026-02-10T12:00:00Z",
        "2026-02-10T13:00:00Z", "2026-02-10T13:00:00Z",
    ]  # fmt: skip
    assert sum(float(row["BilledCost"]) for row in rows) == pytest.approx(0.48)


def test_a_download_over_a_wrong_span_is_refused_before_it_begins(booked: Platform) -> None:
    answer = booked.call("admin", "GET", "/cost.csv", params={"since": "2020-01-01"})
    assert answer.status_code == 422
    assert "400 are allowed" in answer.json()["message"]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_the_last_day_there_are_can_be_asked_for(booked: Platform, day: str) -> None:
    span = {"since": day, "until": day}
    assert booked.call("admin", "GET", "/cost", params=span).json()["total_eur"] == 0
    assert booked.call("admin", "GET", "/cost.csv", params=span).text.count("\r\n") == 1


RULES = "/projects/flights/budget/rules"
CHANGE = {
    "alert_percent": 50, "soft_stop_percent": 90, "hard_stop_percent": 120,
    "reason": "The end of the year is near.",
}  # fmt: skip


def test_a_projects_admin_changes_when_its_budget_stops(booked: Platform) -> None:
    before = booked.call("scientist", "GET", RULES).json()
    assert (before["state"], before["spent_eur"]) == ("ok", 0)
    assert before["alert_percent"] == 80
    assert booked.call("scientist", "PUT", RULES, json=CHANGE).status_code == 403
    changed = booked.call("admin", "PUT", RULES, json=CHANGE).json()
    assert changed["hard_stop_percent"] == 120
    assert booked.call("scientist", "GET", RULES).json() == changed
    newest = booked.call("admin", "GET", "/audit/entries?limit=1").json()["items"][0]
    assert newest["action"] == "workspaces.budget_steps"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"alert_percent": 95}, "alert_percent 95, soft_stop_percent 90"),
        ({"hard_stop_percent": 89}, "not in order"),
        ({"alert_percent": 0}, "alert_percent"),
        ({"hard_stop_percent": 1001}, "hard_stop_percent"),
        ({"alert_percent": 1.5}, "alert_percent"),
        ({"reason": "no"}, "reason"),
        ({"monthly_eur": 5}, "monthly_eur"),
    ],
)
def test_wrong_steps_are_refused_by_name(
    booked: Platform, wrong: dict[str, object], says: str
) -> None:
    answer = booked.call("admin", "PUT", RULES, json={**CHANGE, **wrong})
    assert answer.status_code == 422
    assert says in answer.json()["message"]


QUOTA = {
    "scope": "person", "name": "scientist", "resource": "gpu_hours", "limit": 20,
    "window_days": 30, "reason": "Fair shares of the one GPU.",
}  # fmt: skip


def test_quotas_are_set_seen_and_removed(booked: Platform) -> None:
    made = booked.call("admin", "PUT", "/quotas", json=QUOTA).json()
    assert made["set_by"] == "admin"
    again = booked.call("admin", "PUT", "/quotas", json={**QUOTA, "limit": 25}).json()
    assert again["id"] == made["id"]
    found = booked.call("admin", "GET", "/quotas").json()
    assert [(one["id"], one["limit"]) for one in found["items"]] == [(made["id"], 25)]
    assert found["resolver"] == "max"
    mine = booked.call("scientist", "GET", "/projects/flights/quota").json()["items"]
    assert [(one["resource"], one["left"]) for one in mine] == [("gpu_hours", 25)]
    assert booked.call("oncall", "GET", "/projects/flights/quota").json()["items"] == []
    path = f"/quotas/{made['id']}"
    assert booked.call("admin", "DELETE", path).status_code == 422
    gone = booked.call("admin", "DELETE", path, params={"reason": "The term is over."})
    assert gone.json()["items"] == []
    missing = booked.call("admin", "DELETE", path, params={"reason": "Twice."})
    assert missing.status_code == 404
    assert made["id"] in missing.json()["message"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"limit": -1}, "limit"),
        ({"limit": 1e12}, "limit"),
        ({"window_days": 0}, "window_days"),
        ({"window_days": 400}, "window_days"),
        ({"resource": "disk"}, "resource"),
        ({"scope": "planet"}, "scope"),
        ({"name": ""}, "name"),
        ({"reason": ""}, "reason"),
        ({"more": 1}, "more"),
    ],
)
def test_wrong_quotas_are_refused_by_name(
    booked: Platform, wrong: dict[str, object], says: str
) -> None:
    answer = booked.call("admin", "PUT", "/quotas", json={**QUOTA, **wrong})
    assert answer.status_code == 422
    assert says in answer.json()["message"]
    assert booked.call("admin", "GET", "/quotas").json()["items"] == []


def test_nobody_else_sets_or_removes_quotas(booked: Platform) -> None:
    assert booked.call("scientist", "PUT", "/quotas", json=QUOTA).status_code == 403
    answer = booked.call("reviewer", "DELETE", "/quotas/x", params={"reason": "Because."})
    assert answer.status_code == 403
