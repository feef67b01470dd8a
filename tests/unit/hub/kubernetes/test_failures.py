"""What a cluster said becomes one sentence and one action, over a corpus of real event sets."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo.records.workspaces import FailureKind
from octavo_hub.kubernetes.failures import RAW_LINES, RAW_WIDTH, conclude, diagnose
from octavo_hub.kubernetes.signs import Facts, signs_of

CORPUS = Path(__file__).parents[3] / "data" / "kubernetes_events"
CASES = {path.stem: json.loads(path.read_text()) for path in sorted(CORPUS.glob("*.json"))}


def facts_of(case: dict[str, Any]) -> Facts:
    return Facts(
        events=case["events"],
        pod=case["pod"],
        refusal=case["refusal"],
        timed_out_after_s=case["timed_out_after_s"],
        values={"profile": "cpu-small"},
    )


@pytest.mark.parametrize("name", CASES)
def test_each_event_set_has_its_class_sentence_and_action(name: str) -> None:
    case = CASES[name]
    expected = case["expected"]
    found = diagnose(facts_of(case))
    if expected is None:
        assert found is None
        return
    found = found or conclude(facts_of(case))
    assert (found.kind, found.sentence, found.action, found.patience_s) == (
        expected["kind"],
        expected["sentence"],
        expected["action"],
        expected["patience_s"],
    )


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["expected"]])
def test_each_failure_is_one_sentence_and_one_action_with_nothing_left_to_fill_in(
    name: str,
) -> None:
    failure = conclude(facts_of(CASES[name]))
    for text in (failure.sentence, failure.action):
        assert text.endswith(".")
        assert "\n" not in text
        assert not any(f"{{{field}}}" in text for field in ("image", "profile", "name", "why"))
        assert "None" not in text
    assert len(failure.sentence) < 420


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["expected"]])
def test_what_the_cluster_said_is_kept_beside_the_sentence(name: str) -> None:
    case = CASES[name]
    failure = conclude(facts_of(case))
    said = [event["reason"] for event in case["events"]]
    assert len(failure.raw) <= RAW_LINES + 1
    if said:
        assert any(line.startswith(tuple(said)) for line in failure.raw)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if len(case["events"]) < 5])
def test_the_order_in_which_events_arrive_does_not_matter(name: str) -> None:
    case = CASES[name]
    moments = [(sign.at, sign.reason) for sign in signs_of(facts_of(case))]
    if len({at for at, _ in moments}) < len(moments):
        return  # signs of one second keep the order they came in
    expected = diagnose(facts_of(case))
    for events in permutations(case["events"]):
        assert diagnose(facts_of({**case, "events": list(events)})) == expected


def test_every_class_is_in_the_corpus() -> None:
    kinds = {case["expected"]["kind"] for case in CASES.values() if case["expected"]}
    assert kinds == set(get_args(FailureKind)) - {
        "account",
        "installation",
        "limit",
    }  # one machine's own


def test_the_unknown_is_shown_raw() -> None:
    failure = conclude(facts_of(CASES["unknown-event"]))
    assert failure.kind == "unknown"
    assert failure.raw[-1] == (
        "IsolationLayerBusy: quarantine shard 7 is still scrubbing the enclave"
    )
    assert "lines below" in failure.action


def test_a_flood_of_events_is_cut_to_a_bearable_size() -> None:
    events = [
        {"reason": f"Odd{index}", "message": "x" * 5_000, "lastTimestamp": "2026-11-23T08:00:00Z"}
        for index in range(1_000)
    ]
    failure = conclude(Facts(events=events))
    assert failure.kind == "unknown"
    assert len(failure.raw) == RAW_LINES
    assert max(map(len, failure.raw)) == RAW_WIDTH


def test_a_message_made_to_look_like_a_template_is_only_text() -> None:
    status = {"code": 403, "message": 'admission webhook "a" denied the request: {0} {image} {x!r}'}
    failure = diagnose(Facts(refusal=status))
    assert failure is not None
    assert (
        failure.sentence == "A rule of the cluster (a) refuses this workspace: {0} {image} {x!r}."
    )


def test_a_stage_that_is_over_is_no_longer_the_reason() -> None:
    case = CASES["healthy-after-waits"]
    until_pull = [event for event in case["events"] if event["reason"] not in ("Pulled", "Created")]
    events = [event for event in until_pull if event["reason"] != "Started"]
    failure = diagnose(Facts(events=events))
    assert failure is not None
    assert failure.kind == "image_pull"


texts = st.none() | st.text(max_size=60)
odd_events = st.fixed_dictionaries(
    {},
    optional={
        "reason": texts | st.sampled_from(["FailedScheduling", "Failed", "Evicted", "BackOff"]),
        "message": texts | st.just("0/3 nodes are available: , 2 , 9 x."),
        "note": texts,
        "lastTimestamp": texts | st.just("2026-11-23T08:00:00Z"),
        "eventTime": texts | st.just("2026-11-23T08:00:00.123456Z"),
        "series": st.none() | st.fixed_dictionaries({"lastObservedTime": texts}),
        "source": st.none() | st.fixed_dictionaries({"component": texts}),
        "type": st.sampled_from(["Normal", "Warning", ""]),
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(odd_events, max_size=6), st.none() | st.integers(0, 900))
def test_no_event_however_odd_breaks_the_reading(
    events: list[dict[str, Any]], limit: int | None
) -> None:
    failure = conclude(Facts(events=events, timed_out_after_s=limit))
    assert failure.sentence
    assert failure.action
