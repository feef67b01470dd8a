"""The life of a profile under four eyes, on every database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from tests.support.governance import ADA, BO, MINUTE, REASON, REVA, Governance
from tests.support.profiles import FORM, document, price

from octavo_server.database.rows import Database
from octavo_server.errors import (
    Conflict,
    Forbidden,
    IllegalMove,
    Invalid,
    NotFound,
    OctavoError,
    PolicyRefused,
)
from octavo_server.identity import Caller
from octavo_server.workspaces.profiles.change_rules import DocumentRefused, Retired
from octavo_server.workspaces.profiles.changes import Wanted
from octavo_server.workspaces.profiles.domain import (
    ChangeKind,
    ChangeState,
    ProfileChange,
    VersionState,
)

BAD = document(longest_hours=-1)


@pytest.fixture
def world(database: Database, tmp_path: Path) -> Governance:
    return Governance(database, tmp_path)


def _wanted(text: str | None, **more: Any) -> Wanted:
    return replace(
        Wanted(kind=ChangeKind.PUBLISH, profile="cpu-small", reason=REASON, text=text), **more
    )


# ---------------------------------------------------------------- published


def test_a_second_person_puts_a_change_in_force_at_once(world: Governance) -> None:
    proposed = world.propose(longest_hours=24, prices=price(0.2))
    assert (proposed.state, proposed.base_version) == (ChangeState.VALIDATED, 1)
    assert world.profiles.profile("cpu-small").version == 1
    decided = world.approve(proposed, REVA)
    assert (decided.state, decided.version) == (ChangeState.PUBLISHED, 2)
    assert (decided.reviewer, decided.review_reason) == ("reva", "It is fine.")
    now = world.profiles.profile("cpu-small")
    assert (now.version, now.profile.longest_hours) == (2, 24)
    assert (now.author, now.reviewer, now.reason) == ("ada", "reva", REASON)
    assert now.text == proposed.text
    before = world.profiles.version("cpu-small", 1)
    assert (before.state, before.ended_at) == (VersionState.SUPERSEDED, world.now)


def test_the_difference_is_of_what_the_documents_mean_and_not_of_how_they_are_written(
    world: Governance,
) -> None:
    text = "# a comment\n" + FORM.write(document(longest_hours=24)).replace(
        "audiences: []", "audiences:   []"
    )
    made = world.changes.propose(ADA, _wanted(text))
    changed = [line for line in made.diff.splitlines() if line[:1] in "+-"]
    assert changed == [
        "--- cpu-small version 1",
        "+++ cpu-small as proposed",
        "-longest_hours: 72",
        "+longest_hours: 24",
    ]
    assert made.text == text


def test_every_step_is_on_the_trail_with_who_what_and_why(world: Governance) -> None:
    world.publish(longest_hours=24)
    assert world.actions()[:2] == ["profiles.review", "profiles.propose"]
    review, proposal = world.audit.entries()[:2]
    assert (review.actor, review.subject) == ("bo", "profile:cpu-small")
    assert review.details["decision"] == "published"
    assert review.details["version"] == 2
    assert review.details["content"]["longest_hours"] == 24
    assert review.details["policy"]["action"] == "ChangeProfile"
    assert (proposal.actor, proposal.details["reason"]) == ("ada", REASON)


def test_a_new_profile_begins_with_version_1(world: Governance) -> None:
    decided = world.publish(id="cpu-xl", title="Extra large")
    assert (decided.base_version, decided.version) == (None, 1)
    assert decided.diff.startswith("--- (new)")
    assert [one.profile.id for one in world.profiles.offered()] == ["cpu-small", "cpu-xl", "gpu-1"]


# ---------------------------------------------------------------- refused


def test_nobody_reviews_their_own_change(world: Governance) -> None:
    proposed = world.propose(longest_hours=24)
    with pytest.raises(Forbidden, match="ada can't review it too") as refused:
        world.approve(proposed, ADA)
    assert refused.value.on_trail
    assert world.profiles.profile("cpu-small").version == 1


def test_a_rejected_change_changes_nothing_and_stays_rejected(world: Governance) -> None:
    proposed = world.propose(longest_hours=24)
    rejected = world.changes.review(
        BO, proposed.id, approve=False, reason="Too short.", digest=proposed.digest
    )
    assert (rejected.state, rejected.version) == (ChangeState.REJECTED, None)
    assert world.profiles.profile("cpu-small").version == 1
    with pytest.raises(IllegalMove, match="is rejected; it can't become published"):
        world.approve(proposed)


def test_a_review_names_what_was_seen(world: Governance) -> None:
    proposed = world.propose(longest_hours=24)
    with pytest.raises(Invalid, match=r"^digest: the change under review has sha256:"):
        world.changes.review(BO, proposed.id, approve=True, reason="Fine.", digest="sha256:other")


def test_a_policy_can_close_the_gate(world: Governance) -> None:
    text = world.policy.active().text + (
        '\n@id("no-gpu")\n@reason("No new GPU profiles this year.")\n'
        'forbid (principal, action == Action::"ChangeProfile", resource)\n'
        "when { context.gpus > 0 };\n"
    )
    offered = world.policy.propose(ADA, text, "Save money.")
    world.policy.review(BO, offered.id, approve=True, reason="Yes.", digest=offered.digest)
    gpu = {"gpu": {"count": 1, "type": "A100"}}
    proposed = world.propose(resources={**document()["resources"], **gpu})
    with pytest.raises(PolicyRefused, match="No new GPU profiles this year"):
        world.approve(proposed)
    assert world.profiles.profile("cpu-small").version == 1


def test_a_bad_document_is_refused_with_its_first_error_and_kept_on_the_trail(
    world: Governance,
) -> None:
    before = len(world.audit.entries())
    with pytest.raises(DocumentRefused) as refused:
        world.changes.propose(ADA, _wanted(FORM.write(BAD)))
    assert refused.value.message == (
        "cpu-small.yaml, line 11: longest_hours is -1; it must be at least 0.02."
    )
    assert refused.value.on_trail
    assert len(world.audit.entries()) == before
    assert world.changes.changes() == []


def test_a_document_that_changes_nothing_is_refused(world: Governance) -> None:
    with pytest.raises(Conflict, match="says what version 1 says already"):
        world.propose()


def test_a_document_of_another_profile_is_refused(world: Governance) -> None:
    text = FORM.write(document(id="gpu-1"))
    with pytest.raises(DocumentRefused, match=r"id is gpu-1; it must be the file's name"):
        world.changes.propose(ADA, _wanted(text))


def test_a_document_with_a_retirement_is_no_publishing(world: Governance) -> None:
    text = FORM.write(document(retirement={"message": "Too old."}))
    with pytest.raises(Invalid, match="retirement: cpu-small is to be retired by this document"):
        world.changes.propose(ADA, _wanted(text))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"text": None}, "text is missing; publish needs it"),
        ({"kind": ChangeKind.ROLL_BACK, "text": None}, "version is missing; roll_back needs it"),
        ({"kind": ChangeKind.RETIRE, "text": None}, "message is missing; retire needs it"),
        ({"to_version": 1}, "version doesn't go with publish"),
        ({"kind": ChangeKind.RETIRE, "message": "Old."}, "text doesn't go with retire"),
        ({"redirect_to": "gpu-1"}, "redirect_to doesn't go with publish"),
    ],
)
def test_each_kind_has_its_fields(world: Governance, more: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        world.changes.propose(ADA, replace(_wanted(FORM.write(document())), **more))


def test_an_unknown_change_and_profile_are_not_found(world: Governance) -> None:
    with pytest.raises(NotFound, match="There is no change 'nope' of a profile"):
        world.changes.change("nope")
    with pytest.raises(NotFound, match="There is no profile 'nope'"):
        world.retire("nope")
    with pytest.raises(NotFound, match="cpu-small has no version 9"):
        world.roll_back("cpu-small", 9)


def test_what_was_valid_then_is_checked_again_at_the_review(world: Governance) -> None:
    proposed = world.propose(audiences=["scientists"])
    world.groups.known = frozenset({"others"})
    with pytest.raises(DocumentRefused, match=r"audiences\.0 is scientists; it must be a group"):
        world.approve(proposed)
    assert world.profiles.profile("cpu-small").version == 1


# ---------------------------------------------------------------- drafts


def test_a_draft_keeps_its_faults_and_is_submitted_once_they_are_gone(world: Governance) -> None:
    draft = world.changes.propose(ADA, _wanted(FORM.write(BAD), draft=True))
    assert draft.state is ChangeState.DRAFT
    assert [one["field"] for one in draft.findings] == ["longest_hours"]
    with pytest.raises(DocumentRefused, match="longest_hours"):
        world.changes.submit(ADA, draft.id)
    with pytest.raises(IllegalMove, match="is draft; it can't become published") as refused:
        world.approve(draft)
    assert "submits a draft" in refused.value.remedy
    text = FORM.write(document(longest_hours=24))
    edited = world.changes.edit(
        ADA, draft.id, text=text, reason="Shorter.", draft=True, base_version=None
    )
    assert (edited.state, edited.findings, edited.reason) == (ChangeState.DRAFT, (), "Shorter.")
    assert edited.digest != draft.digest
    submitted = world.changes.submit(ADA, draft.id)
    assert submitted.state is ChangeState.VALIDATED
    assert world.approve(submitted).version == 2
    assert world.actions()[:4] == [
        "profiles.review",
        "profiles.submit",
        "profiles.edit",
        "profiles.propose",
    ]


def test_what_is_edited_after_it_was_seen_can_not_be_approved_as_seen(world: Governance) -> None:
    proposed = world.propose(longest_hours=24)
    text = FORM.write(document(longest_hours=700))
    world.changes.edit(ADA, proposed.id, text=text, reason=REASON, draft=False, base_version=None)
    with pytest.raises(Invalid, match=r"^digest: the change under review"):
        world.approve(proposed)


def test_only_its_author_edits_and_submits_a_change(world: Governance) -> None:
    draft = world.changes.propose(ADA, _wanted(FORM.write(BAD), draft=True))
    text = FORM.write(document(longest_hours=24))
    with pytest.raises(Forbidden, match="ada proposed this change of cpu-small; bo can't edit it"):
        world.changes.edit(BO, draft.id, text=text, reason=REASON, draft=False, base_version=None)
    with pytest.raises(Forbidden, match="bo can't edit it"):
        world.changes.submit(BO, draft.id)


def test_a_change_is_withdrawn_by_its_author_and_a_left_behind_draft_by_any_admin(
    world: Governance,
) -> None:
    proposed = world.propose(longest_hours=24)
    with pytest.raises(Forbidden, match="bo can't edit it"):
        world.changes.withdraw(BO, proposed.id)
    assert world.changes.withdraw(ADA, proposed.id).state is ChangeState.WITHDRAWN
    with pytest.raises(IllegalMove, match="is withdrawn; it can't become published"):
        world.approve(proposed)
    draft = world.changes.propose(ADA, _wanted(FORM.write(BAD), draft=True))
    assert world.changes.withdraw(BO, draft.id).state is ChangeState.WITHDRAWN


# ---------------------------------------------------------------- at the same time


def test_a_change_based_on_an_older_version_is_refused_with_what_changed(
    world: Governance,
) -> None:
    mine = world.propose(longest_hours=24)
    world.publish(prices=price(0.2))
    with pytest.raises(Conflict, match="was changed meanwhile") as refused:
        world.approve(mine)
    assert "based on version 1, and ada made version 2" in refused.value.message
    assert "+- {from: 2026-01-01, per_hour: 0.2, currency: EUR}" in refused.value.message
    assert refused.value.remedy.endswith("send base_version 2.")
    text = FORM.write(document(longest_hours=24, prices=price(0.2)))
    with pytest.raises(Conflict, match="was changed meanwhile"):
        world.changes.edit(ADA, mine.id, text=text, reason=REASON, draft=False, base_version=None)
    carried = world.changes.edit(
        ADA, mine.id, text=text, reason=REASON, draft=False, base_version=2
    )
    assert carried.base_version == 2
    assert "longest_hours: 24" in carried.diff
    assert "per_hour" not in "".join(line for line in carried.diff.splitlines() if line[0] in "+-")
    assert world.approve(carried).version == 3


def test_a_proposal_may_name_the_version_it_was_made_for(world: Governance) -> None:
    world.publish(longest_hours=24)
    text = FORM.write(document(longest_hours=12))
    with pytest.raises(Conflict, match="based on version 1, and ada made version 2"):
        world.changes.propose(ADA, _wanted(text, base_version=1))
    assert world.changes.propose(ADA, _wanted(text, base_version=2)).base_version == 2


def test_two_new_profiles_of_one_name_do_not_overwrite_each_other(world: Governance) -> None:
    first = world.propose(id="cpu-xl", title="Mine")
    second = world.propose(id="cpu-xl", title="Yours")
    world.approve(first)
    with pytest.raises(Conflict, match="this change was made for a new profile"):
        world.approve(second)


# ---------------------------------------------------------------- rolled back


def test_rolling_back_brings_an_older_content_back_as_a_new_version(world: Governance) -> None:
    world.publish(longest_hours=24)
    decided = world.roll_back("cpu-small", 1)
    assert (decided.to_version, decided.version) == (1, 3)
    assert "+longest_hours: 72" in decided.diff
    now = world.profiles.profile("cpu-small")
    assert (now.version, now.profile.longest_hours) == (3, 72)
    assert now.digest == world.profiles.version("cpu-small", 1).digest
    assert world.profiles.version("cpu-small", 2).state is VersionState.ROLLED_BACK


def test_going_back_to_what_is_there_is_refused(world: Governance) -> None:
    with pytest.raises(Conflict, match="is at what version 1 says already"):
        world.roll_back("cpu-small", 1)


def test_an_old_content_is_checked_as_it_would_be_today(world: Governance) -> None:
    world.publish(audiences=["scientists"])
    world.publish(longest_hours=24)
    world.groups.known = frozenset({"others"})
    with pytest.raises(DocumentRefused, match="it must be a group of the hub"):
        world.roll_back("cpu-small", 2)


# ---------------------------------------------------------------- retired


def test_a_retired_profile_is_offered_no_longer_and_leads_on(world: Governance) -> None:
    world.publish(id="cpu-xl", title="Extra large")
    decided = world.retire("cpu-small", "cpu-xl", "It was too small for the new data.")
    assert (decided.state, decided.version) == (ChangeState.PUBLISHED, 1)
    assert [one.profile.id for one in world.profiles.offered()] == ["cpu-xl", "gpu-1"]
    with pytest.raises(Retired, match=r"^Small CPU was retired\. It was too small") as refused:
        world.profiles.profile("cpu-small")
    assert refused.value.remedy == "Use cpu-xl."
    led = world.profiles.resolve("cpu-small")
    assert led.version.profile.id == "cpu-xl"
    assert led.said == (
        "Small CPU was retired. It was too small for the new data. It is cpu-xl now."
    )
    assert world.profiles.resolve("cpu-xl").said == ""


def test_a_retirement_leads_along_others(world: Governance) -> None:
    world.publish(id="cpu-xl", title="Extra large")
    world.retire("cpu-small", "cpu-xl")
    world.retire("cpu-xl", "gpu-1")
    led = world.profiles.resolve("cpu-small")
    assert led.version.profile.id == "gpu-1"
    assert led.said.count("was retired") == 2


def test_a_retirement_may_lead_nowhere(world: Governance) -> None:
    world.retire("cpu-small", None, "We need the machine.")
    with pytest.raises(Retired, match="We need the machine") as refused:
        world.profiles.resolve("cpu-small")
    assert refused.value.remedy == "Use one of: gpu-1."


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("cpu-small", "redirect_to: cpu-small can't lead to itself"),
        ("nowhere", "redirect_to: 'nowhere' is not offered"),
    ],
)
def test_a_retirement_leads_to_another_offered_profile(
    world: Governance, to: str, said: str
) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        world.retire("cpu-small", to)
    assert refused.value.remedy == "Use one of: gpu-1."


def test_a_retirement_does_not_lead_to_a_retired_profile(world: Governance) -> None:
    world.retire("gpu-1")
    with pytest.raises(Invalid, match="'gpu-1' is not offered"):
        world.retire("cpu-small", "gpu-1")
    with pytest.raises(Conflict, match="gpu-1 is retired already"):
        world.retire("gpu-1")


def test_where_it_led_may_be_gone_by_the_time_of_the_review(world: Governance) -> None:
    wanted = Wanted(
        kind=ChangeKind.RETIRE,
        profile="cpu-small",
        reason=REASON,
        redirect_to="gpu-1",
        message="Too small.",
    )
    proposed = world.changes.propose(ADA, wanted)
    world.retire("gpu-1")
    with pytest.raises(Invalid, match="'gpu-1' is not offered"):
        world.approve(proposed)


def test_a_retired_profile_can_be_brought_back_by_publishing_or_rolling_back(
    world: Governance,
) -> None:
    world.retire("cpu-small", "gpu-1")
    decided = world.publish(longest_hours=24)
    assert decided.version == 2
    assert world.profiles.resolve("cpu-small").said == ""
    world.retire("gpu-1")
    assert world.roll_back("gpu-1", 1).version == 2
    assert world.profiles.profile("gpu-1").version == 2


def test_prices_of_then_are_those_of_the_version_that_served(world: Governance) -> None:
    begun = world.now
    world.publish(id="cpu-xl", title="Extra large", prices=price(0.9))
    world.publish(prices=price(0.2))
    middle = world.now
    world.retire("cpu-small", "cpu-xl")
    after = world.now + MINUTE
    assert world.profiles.at("cpu-small", begun).version == 1
    assert world.profiles.at("cpu-small", middle).version == 2
    assert world.profiles.at("cpu-small", after).profile.id == "cpu-xl"
    assert world.profiles.at("cpu-small", begun - MINUTE).version == 1
    with pytest.raises(NotFound, match="There is no profile 'nope'"):
        world.profiles.at("nope", begun)


def test_of_two_reviews_at_once_one_is_in_force(world: Governance) -> None:
    first, second = world.propose(longest_hours=24), world.propose(longest_hours=12)
    barrier = Barrier(4)

    def review(pair: tuple[ProfileChange, Caller]) -> str:
        change, who = pair
        barrier.wait(timeout=10)
        try:
            return world.approve(change, who).state
        except OctavoError as refused:
            return refused.code

    with ThreadPoolExecutor(4) as pool:
        pairs = [(change, who) for change in (first, second) for who in (BO, REVA)]
        ended = sorted(pool.map(review, pairs))
    assert ended.count("published") == 1
    assert set(ended) - {"published"} <= {"illegal_move", "conflict"}
    assert [one.version for one in world.catalog.detail("cpu-small").versions] == [2, 1]
