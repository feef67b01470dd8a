"""Governed profiles over HTTP: who may what, what is refused, what is live at once."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.platform import Platform
from tests.support.profiles import FORM, document, price

REASON = "Because the old one was too small."


def _propose(governed: Platform, who: str = "admin", **more: Any) -> Any:
    body = {"profile": "cpu-small", "reason": REASON, **more}
    return governed.call(who, "POST", "/profiles/changes", json=body)


def _review(governed: Platform, change: Any, who: str = "reviewer", **more: Any) -> Any:
    body = {"decision": "approve", "reason": "Fine.", "digest": change["digest"], **more}
    return governed.call(who, "POST", f"/profiles/changes/{change['id']}/review", json=body)


def _shipped(governed: Platform, **more: Any) -> str:
    found = governed.call("admin", "GET", "/profiles/catalog/cpu-small").json()
    read = governed.call(
        "admin", "POST", "/profiles/check", json={"text": found["versions"][0]["text"]}
    ).json()["document"]
    return FORM.write(read | more)


def test_a_published_change_is_on_the_cards_without_a_restart(governed: Platform) -> None:
    proposed = _propose(governed, text=_shipped(governed, prices=price(0.5), longest_hours=12))
    assert proposed.status_code == 201
    assert proposed.json()["state"] == "validated"
    assert not proposed.json()["may_review"]
    assert "another person has to decide" in proposed.json()["why_not"]
    seen = governed.call("reviewer", "GET", f"/profiles/changes/{proposed.json()['id']}").json()
    assert (seen["may_review"], seen["why_not"]) == (True, "")
    decided = _review(governed, seen)
    assert (decided.status_code, decided.json()["version"]) == (200, 2)
    cards = governed.call("scientist", "GET", "/profiles?project=flights").json()["items"]
    (card,) = [one for one in cards if one["profile"]["id"] == "cpu-small"]
    assert (card["profile"]["version"], card["profile"]["price_eur_per_hour"]) == (2, 0.5)
    run = governed.services.runs.profiles.run_profile("cpu-small")
    assert run.price_eur_per_hour == 0.5


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/profiles/catalog", None),
        ("GET", "/profiles/catalog/cpu-small", None),
        ("GET", "/profiles/catalog/cpu-small/users", None),
        ("POST", "/profiles/check", {"text": "id: x"}),
        ("GET", "/profiles/changes", None),
        ("POST", "/profiles/changes", {"profile": "x", "text": "id: x", "reason": REASON}),
    ],
)
def test_only_admins_and_reviewers_govern_profiles(
    governed: Platform, method: str, path: str, body: Any
) -> None:
    answer = governed.call("scientist", method, path, json=body)
    assert answer.status_code == 403
    assert "that takes the role admin" in answer.json()["message"]


def test_a_reviewer_reviews_and_does_not_propose(governed: Platform) -> None:
    assert _propose(governed, "reviewer", text=_shipped(governed)).status_code == 403
    assert governed.call("reviewer", "GET", "/profiles/catalog").status_code == 200


def test_nobody_approves_their_own_and_the_trail_says_so(governed: Platform) -> None:
    proposed = _propose(governed, text=_shipped(governed, longest_hours=12)).json()
    refused = _review(governed, proposed, "admin")
    assert refused.status_code == 403
    assert "admin can't review it too" in refused.json()["message"]
    newest = governed.call("admin", "GET", "/audit/entries?limit=1").json()["items"][0]
    assert (newest["actor"], newest["action"]) == ("admin", "profiles.review.refused")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"privileged": True}, "no profile gives a workspace rights on its node"),
        ({"environment": {"LD_PRELOAD": "/x.so"}}, "environment.LD_PRELOAD is refused"),
        ({"environment": {"JUPYTERHUB_API_TOKEN": "x"}}, "JUPYTERHUB_API_TOKEN is refused"),
        (
            {"volumes": [{"name": "etc", "mount": "/etc/ssl", "size_gib": 1}]},
            "volumes.0.mount is /etc/ssl",
        ),
        (
            {"images": [{"name": "a", "title": "A", "image": f"evil/x@sha256:{'0' * 64}"}]},
            "allowed by OCTAVO_IMAGES",
        ),
    ],
)
def test_what_is_smuggled_in_is_refused_audited_and_nothing_happens(
    governed: Platform, more: dict[str, Any], said: str
) -> None:
    refused = _propose(governed, text=FORM.write(document(**more)))
    assert refused.status_code == 422
    assert refused.json()["error"] == "invalid"
    assert said in refused.json()["message"]
    assert refused.json()["message"].startswith("cpu-small.yaml, line ")
    newest = governed.call("admin", "GET", "/audit/entries?limit=1").json()["items"][0]
    assert newest["action"] == "profiles.propose.refused"
    assert said in newest["details"]["message"]
    assert governed.call("admin", "GET", "/profiles/changes").json()["items"] == []


def test_a_dry_run_says_what_is_wrong_where_and_changes_nothing(governed: Platform) -> None:
    before = governed.call("admin", "GET", "/audit/verify").json()["entries"]
    text = FORM.write(document(longest_hours=-1))
    found = governed.call(
        "admin", "POST", "/profiles/check", json={"text": text, "file": "x/cpu-small.yaml"}
    ).json()
    assert not found["valid"]
    assert found["profile"] == "cpu-small"
    (finding,) = found["findings"]
    assert finding == {
        "severity": "error",
        "file": "x/cpu-small.yaml",
        "line": 11,
        "field": "longest_hours",
        "value": "-1",
        "limit": "at least 0.02",
        "message": "longest_hours is -1; it must be at least 0.02.",
    }
    assert governed.call("admin", "GET", "/audit/verify").json()["entries"] == before


def test_a_form_becomes_yaml_in_the_schemas_order(governed: Platform) -> None:
    form = dict(reversed(document(longest_hours=12, capacity=None).items()))
    found = governed.call("admin", "POST", "/profiles/check", json={"document": form}).json()
    assert found["valid"]
    assert found["text"].startswith("id: cpu-small\ntitle: Small CPU\n")
    assert found["base_version"] == 1
    assert "+longest_hours: 12" in found["diff"]
    assert found["fits"] == ["this machine"]


def test_groups_are_unchecked_while_the_hub_is_away(governed: Platform) -> None:
    text = FORM.write(document(audiences=["scientists", "moon-people"]))
    found = governed.call("admin", "POST", "/profiles/check", json={"text": text}).json()
    assert found["valid"]
    assert "was not asked whether these groups exist" in found["findings"][0]["message"]
    assert found["findings"][0]["value"] == "moon-people"


def test_the_schema_is_served_to_everybody_and_describes_every_field(governed: Platform) -> None:
    schema = governed.call("scientist", "GET", "/profiles/schema").json()
    bare = [place for place, one in _fields(schema, "") if not one.get("description")]
    assert bare == []
    assert set(schema["required"]) <= set(schema["properties"])


def _fields(schema: dict[str, Any], place: str) -> Any:
    yield place, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _fields(inner, f"{place}.{name}")
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), dict):
            yield from _fields(schema[name], f"{place}[]")


def test_a_retired_profile_redirects_cards_runs_and_deployments(governed: Platform) -> None:
    said = "It was too small for the new data."
    body = {"kind": "retire", "redirect_to": "cpu-large", "message": said}
    proposed = _propose(governed, **body)
    assert proposed.status_code == 201, proposed.text
    assert _review(governed, proposed.json()).status_code == 200
    cards = governed.call("scientist", "GET", "/profiles?project=flights").json()["items"]
    assert "cpu-small" not in [one["profile"]["id"] for one in cards]
    run = governed.services.runs.profiles.run_profile("cpu-small")
    assert run.id == "cpu-large"
    assert said in run.said
    granted = governed.services.deployments.profiles.resources("cpu-small")
    large = governed.services.profiles.profile("cpu-large").profile
    assert granted is not None
    assert granted.cpus == large.cpu
    found = governed.call("admin", "GET", "/profiles/catalog/cpu-large/users").json()
    assert [(one["kind"], one["name"]) for one in found["items"]] == [("redirect", "cpu-small")]
    versions = governed.call("admin", "GET", "/profiles/catalog/cpu-small").json()["versions"]
    assert (versions[0]["state"], versions[0]["redirect_to"]) == ("retired", "cpu-large")


def test_a_list_of_changes_has_pages(governed: Platform) -> None:
    for hours in (10, 11, 12):
        text = _shipped(governed, longest_hours=hours)
        assert _propose(governed, text=text).status_code == 201
    first = governed.call("admin", "GET", "/profiles/changes?limit=2").json()
    rest = governed.call(
        "admin", "GET", f"/profiles/changes?limit=2&cursor={first['next_cursor']}"
    ).json()
    assert (len(first["items"]), len(rest["items"]), rest["next_cursor"]) == (2, 1, None)
    drafts = governed.call("admin", "GET", "/profiles/changes?state=draft").json()
    assert drafts["items"] == []


def test_the_hub_speaks_for_the_admin_who_is_signed_in_there(governed: Platform) -> None:
    headers = {"Octavo-Person": "ada", "Octavo-Groups": '["admins"]'}
    answer = governed.call("spawner-service", "GET", "/profiles/catalog", headers=headers)
    assert answer.status_code == 200
    assert {one["id"] for one in answer.json()["items"]} == {"cpu-small", "cpu-large", "gpu-1"}
    headers["Octavo-Groups"] = '["scientists"]'
    refused = governed.call("spawner-service", "GET", "/profiles/catalog", headers=headers)
    assert refused.status_code == 403


def test_a_choice_of_a_retired_profile_says_why_and_offers_the_other(governed: Platform) -> None:
    body = {"kind": "retire", "redirect_to": "cpu-large", "message": "It was too small."}
    _review(governed, _propose(governed, **body).json())
    choice = {
        "person": "scientist",
        "groups": ["scientists"],
        "project": "flights",
        "profile": "cpu-small",
    }
    decision = governed.call("spawner-service", "POST", "/workspaces/decision", json=choice)
    assert decision.status_code == 200, decision.text
    found = decision.json()
    assert not found["allowed"]
    assert found["reasons"][0] == ("Small CPU was retired. It was too small. It is cpu-large now.")
    assert found["nearest"]["profile"] == "cpu-large"
    opened = governed.call("spawner-service", "POST", "/workspaces/sessions", json=choice)
    assert opened.status_code == 403
    assert "Small CPU was retired" in opened.json()["message"]


def test_a_link_to_a_retired_profile_leads_to_the_other_and_says_why(governed: Platform) -> None:
    body = {"kind": "retire", "redirect_to": "cpu-large", "message": "It was too small."}
    _review(governed, _propose(governed, **body).json())
    person = {"person": "scientist", "groups": ["scientists"]}

    def follow(linked: str) -> tuple[str, str]:
        asked = person | {"linked": linked}
        found = governed.call("spawner-service", "POST", "/workspaces/offers", json=asked)
        assert found.status_code == 200, found.text
        return found.json()["leads_to"], found.json()["link_note"]

    said = "Small CPU was retired. It was too small. It is cpu-large now."
    assert follow("cpu-small") == ("cpu-large", said)
    assert follow("cpu-large") == ("cpu-large", "")
    assert [follow(one) for one in ("", "never", "<b>")] == [("", "")] * 3
    _review(governed, _propose(governed, profile="gpu-1", kind="retire", message="No.").json())
    leads_to, note = follow("gpu-1")
    assert leads_to == ""
    assert note.startswith("One GPU was retired. No.")


@pytest.mark.parametrize("path", ["/workspaces/decision", "/workspaces/sessions"])
@pytest.mark.parametrize(
    ("wrong", "status", "sentence"),
    [
        ({"image": "evil.example/x:latest"}, 0, "The image 'evil.example/x:latest' is none of"),
        ({"profile": "nosuch"}, 404, "There is no profile 'nosuch'."),
        ({"profile": "gpu-1"}, 404, "One GPU was retired. We need the machine."),
        ({"project": ""}, 422, "No project was chosen."),
        ({"project": "secret"}, 404, "There is no project 'secret' that you belong to."),
        ({"profile": "../cpu-small"}, 422, "profile is '../cpu-small'; it must be small letters"),
        ({"profile": "cpu-sm\u0430ll"}, 422, r"profile is 'cpu-sm\u0430ll'; it must be small"),
        ({"digest": "x"}, 422, "digest is 'x'; it must be sha256: and 64 hexadecimal digits."),
    ],
)
def test_every_refused_choice_is_on_the_trail_with_what_was_smuggled(
    governed: Platform, wrong: dict[str, str], status: int, sentence: str, path: str
) -> None:
    body = {"kind": "retire", "message": "We need the machine."}
    _review(governed, _propose(governed, **body, profile="gpu-1").json())
    choice = {
        "person": "scientist",
        "groups": ["scientists"],
        "project": "flights",
        "profile": "cpu-small",
        "further": {"privileged": "True"},
    }
    answer = governed.call("spawner-service", "POST", path, json=choice | wrong)
    if status:
        assert (answer.status_code, answer.json()["message"][: len(sentence)]) == (status, sentence)
        assert answer.json()["remedy"]
    newest = governed.call("admin", "GET", "/audit/entries?limit=1").json()["items"][0]
    assert (newest["actor"], newest["action"]) == ("scientist", "workspaces.start.refused")
    assert sentence in " ".join(newest["details"]["reasons"])
    assert newest["details"]["further"] == {"privileged": "True"}


def test_who_uses_a_profile_is_told_before_it_is_retired(governed: Platform) -> None:
    choice = {
        "person": "scientist",
        "groups": ["scientists"],
        "project": "flights",
        "profile": "cpu-small",
    }
    opened = governed.call("spawner-service", "POST", "/workspaces/sessions", json=choice)
    assert opened.status_code == 201, opened.text
    found = governed.call("admin", "GET", "/profiles/catalog/cpu-small/users").json()
    assert [(one["kind"], one["project"], one["person"]) for one in found["items"]] == [
        ("session", "flights", "scientist")
    ]
    listed = governed.call("admin", "GET", "/profiles/catalog").json()["items"]
    assert {one["id"]: one["users_now"] for one in listed}["cpu-small"] == 1
