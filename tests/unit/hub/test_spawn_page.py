"""The spawn page and the pages around a start, rendered without a hub."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.hub_pages import card, offers, profile, render

from octavo.records.workspaces import Fit, ProfileImage, QuotaLeft, SpawnDecision
from octavo_hub import page
from octavo_hub.failure import Failure, StartRefused
from octavo_hub.page import SpawnPage

FIT = Fit(
    profile="cpu-large",
    title="Large CPU",
    digest="sha256:" + "b" * 64,
    reason="It has no GPU and costs 2.92 EUR less an hour.",
)
GPU_HOURS = QuotaLeft(
    resource="gpu_hours", scope="person", name="ann", limit=40, used=22, left=18, window_days=30
)


def _spawn(*cards: Any, **more: Any) -> str:
    return render("spawn.html", spawner_options_form=SpawnPage(offers=offers(*cards)), **more)


def test_a_card_says_quota_wait_and_idle_rule_and_offers_to_wait() -> None:
    text = _spawn(card(quotas=[GPU_HOURS], free_now=0, expected_wait_s=1200.0))
    for words in ("Your GPU-hours", "18 of 40 left in 30 days", "about 20 min, none free now"):
        assert words in text
    assert "Stops after 60 min idle." in text
    assert 'aria-label="Start when free: Small CPU' in text


def test_what_is_free_now_is_said() -> None:
    assert "in about 8 s, 3 free now" in _spawn(card(free_now=3))
    assert page.wait_line(card()) == "in about 8 s"


def test_images_are_a_choice_where_workspaces_are_pods_and_there_are_several() -> None:
    images = [
        ProfileImage(name=name, title=name.title(), image=f"r/{name}@sha256:{'a' * 64}")
        for name in ("base", "torch")
    ]
    one = _spawn(card(profile=profile(images=images[:1])), choose_images=True)
    assert 'name="image"' not in one
    assert 'name="image"' not in _spawn(card(profile=profile(images=images)))
    text = _spawn(card(profile=profile(images=images)), choose_images=True)
    assert '<option value="torch">Torch</option>' in text


def test_a_card_that_cant_be_started_offers_the_nearest_in_one_click() -> None:
    text = _spawn(card(available=False, reasons=["No GPU here."], nearest=FIT))
    assert "No GPU here." in text
    assert "Start Large CPU instead" in text
    assert f'name="digest" value="{FIT.digest}"' in text
    assert "costs 2.92 EUR less" in text


def test_a_refused_choice_offers_the_nearest_in_the_same_project() -> None:
    decision = SpawnDecision(
        allowed=False, reasons=["Too dear."], nearest=FIT, profile=None, policy_digest=None
    )
    text = render(
        "spawn.html",
        spawner_options_form=SpawnPage(offers=offers(card()), refusal=decision),
        error_message="Too dear.",
        chosen={"project": "flights", "profile": "gpu-1"},
    )
    assert text.count("Start Large CPU instead") == 1
    assert 'data-posted="yes"' in text


def test_a_link_chooses_a_card_and_posts_nothing_by_itself() -> None:
    linked = {"project": "flights", "profile": "cpu-small", "linked": True}
    text = _spawn(card(), chosen=linked)
    assert 'data-link="cpu-small"' in text
    assert text.count("data-chosen") == 1
    assert 'action="/hub/spawn"' in text


def test_a_link_to_a_project_of_others_says_so() -> None:
    text = _spawn(card(), chosen={"project": "secret", "profile": "x", "linked": True})
    assert "The link names project secret, which you don't belong to" in text
    assert 'data-link=""' in text


def test_a_link_to_a_retired_profile_points_at_the_card_that_it_leads_to() -> None:
    led = offers(card(), leads_to="cpu-small", link_note="Tiny CPU was retired.")
    linked = {"project": "flights", "profile": "tiny", "linked": True}
    form = SpawnPage(offers=led)
    text = render("spawn.html", spawner_options_form=form, chosen=linked)
    assert text.count("data-chosen") == 1
    assert 'data-link=""' in text
    assert 'role="status">Tiny CPU was retired.</p>' in text


@pytest.mark.parametrize(("kind", "opened"), [("unknown", True), ("timeout", False)])
def test_a_failed_start_is_a_sentence_an_action_and_the_raw_words(kind: Any, opened: bool) -> None:
    failure = Failure(
        kind=kind, sentence="It took too long.", action="Start again.", raw=("a <b>", "c")
    )
    text = _failed(StartRefused(failure))
    assert "Your workspace didn't start" in text
    assert "<p>It took too long.</p>" in text
    assert "<b>Start again.</b>" in text
    assert "a &lt;b&gt;\nc" in text
    assert ('<details class="oc-log" open>' in text) is opened
    assert "spawn?project=flights&amp;profile=gpu-1" in text


def test_a_workspace_that_isnt_running_keeps_where_its_person_was_going() -> None:
    options = {"project": "flights", "profile": "gpu-1"}
    address = "/hub/spawn/ann?next=%2Fuser%2Fann%2Flab%2Ftree%2Fa.ipynb"
    text = render("not_running.html", options=options, spawn_url=address)
    assert f'href="{address}&amp;project=flights&amp;profile=gpu-1"' in text


def test_a_workspace_that_died_says_why_on_both_pages() -> None:
    failure = Failure(
        kind="out_of_memory", sentence="It took all of its 8 GiB.", action="Choose a larger one."
    )
    text = render("not_running.html", ended=failure)
    assert "Your workspace ended" in text
    assert "<b>Choose a larger one.</b>" in text
    stopped = SimpleNamespace(active=False, ready=False, user_options={}, failure=failure)
    home = render("home.html", default_server=stopped, url="/hub/spawn")
    assert "Your last workspace: It took all of its 8 GiB." in home
    assert "No workspace is running" in home


def test_a_cancelled_start_is_no_failure() -> None:
    cancelled = SimpleNamespace(reason="cancelled")
    text = _failed(cancelled, failed_message="Cancelled.")
    assert "The start was cancelled" in text
    assert 'role="alert"' not in text


def _failed(exception: Any, **more: Any) -> str:
    options = {"project": "flights", "profile": "gpu-1"}
    return render("not_running.html", exception=exception, failed=True, options=options, **more)


def test_a_start_page_can_be_cancelled_and_names_its_steps() -> None:
    spawner = SimpleNamespace(user_options={"project": "flights", "profile": "gpu-1"})
    text = render("spawn_pending.html", spawner=spawner, progress_url="/hub/api/progress")
    assert 'data-progress="/hub/api/progress"' in text
    assert 'id="stop-server-btn"' in text
    assert '<p id="progress-message" role="status">' in text


@pytest.mark.parametrize(
    ("roles", "seen"),
    [
        ({}, set()),
        ({"governs": True}, {"profiles"}),
        ({"governs": True, "administers": True}, {"profiles", "cost", "failures"}),
    ],
)
def test_the_menu_has_what_a_role_may_open(roles: dict[str, bool], seen: set[str]) -> None:
    text = _spawn(card(), **roles)
    found = {one for one in ("profiles", "cost", "failures") if f"/hub/octavo/{one}" in text}
    assert found == seen
