"""The hub's pages and configuration, without a hub."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jupyterhub._data import DATA_FILES_PATH
from traitlets.config import Config

from octavo.local.people import ensure_people
from octavo.records.workspaces import Offers, Profile, ProfileCard, ProfileResources, ProjectOffer
from octavo_hub import configuration, page, roles
from octavo_hub.page import SpawnPage
from octavo_hub.settings import HubSettings
from octavo_hub.starter import notebooks_of
from octavo_hub.workspace import idle_since

HOSTILE = "<script>alert(1)</script>"


def _profile(**more: object) -> Profile:
    return Profile.model_validate(
        {
            "id": "cpu-small",
            "version": 1,
            "digest": "sha256:" + "a" * 64,
            "title": "Small CPU",
            "description": HOSTILE,
            "resources": ProfileResources(
                cpu=2,
                cpu_guarantee=1,
                memory_gib=8,
                memory_guarantee_gib=1,
                processes=100,
                gpu=0,
                gpu_type=None,
            ),
            "price_eur_per_hour": 0.12,
            "idle_minutes": 60,
            "images": [],
            "rates": [],
            "gpu_idle_minutes": None,
            "extension_minutes": 60,
            "longest_hours": 72,
            "capacity": "on-demand",
            "node_selector": {},
            "tolerations": [],
            "volumes": [],
            "environment": {},
            "labels": {},
            "ready_seconds": 8,
            "audiences": [],
            "environments": ["dev"],
            "pipelines": True,
            "published_at": "2026-01-01T00:00:00Z",
        }
        | more
    )


def _card(**more: object) -> ProfileCard:
    return ProfileCard.model_validate(
        {
            "profile": _profile(),
            "available": True,
            "reasons": [],
            "notes": [],
            "budget_eur": 500.0,
            "budget_left_eur": 412.0,
            "quotas": [],
            "free_now": None,
            "expected_wait_s": 0,
            "idle_rule": "Stops after 60 min idle.",
            "nearest": None,
            "hours_left": 3433.0,
        }
        | more
    )


def _render(shown: SpawnPage, message: str = "") -> str:
    base = Path(DATA_FILES_PATH) / "templates"
    own = configuration.HERE / "templates"
    environment = Environment(
        autoescape=True,
        loader=ChoiceLoader(
            [
                PrefixLoader({"templates": FileSystemLoader(base)}, "/"),
                FileSystemLoader([own, base]),
            ]
        ),
    )

    class Person:
        name = "ann"
        json_escaped_name = "ann"

    return environment.get_template("spawn.html").render(
        spawner_options_form=shown,
        error_message=message,
        user=Person,
        for_user=Person,
        base_url="/hub/",
        xsrf="token",
        parsed_scopes={},
        static_url=lambda name, **_: name,
        euro=page.euro,
        hours=page.hours,
        resources_line=page.resources_line,
        no_spawner_check=True,
    )


def _offers(*cards: ProfileCard) -> Offers:
    offer = ProjectOffer(
        project="flights", title=HOSTILE, description="", role="scientist", cards=list(cards)
    )
    return Offers(person="ann", projects=[offer])


def test_a_card_says_all_that_decides_and_posts_what_was_seen() -> None:
    text = _render(SpawnPage(offers=_offers(_card())))
    for words in ("2 CPU · 8 GiB", "0.12", "412 of 500 EUR", "about 8 s", "60 min idle"):
        assert words in text
    assert f'name="digest" value="sha256:{"a" * 64}"' in text
    assert HOSTILE not in text


def test_a_card_that_cant_be_started_has_a_reason_and_no_button() -> None:
    shown = SpawnPage(offers=_offers(_card(available=False, reasons=["No GPU here."])))
    text = _render(shown)
    assert "No GPU here." in text
    assert 'oc-go" aria-describedby' not in text


def test_nothing_to_choose_says_why_and_what_to_do() -> None:
    assert "You belong to no project yet" in _render(
        SpawnPage(offers=Offers(person="ann", projects=[]))
    )
    away = _render(SpawnPage(failure="The platform is away."), message=HOSTILE)
    assert "The platform is away." in away
    assert "Try again" in away
    assert HOSTILE not in away


@pytest.mark.parametrize(
    ("amount", "text"),
    [(0, "0.00"), (0.12, "0.12"), (0.0042, "0.0042"), (412, "412"), (2e4, "20,000")],
)
def test_money_is_short_and_never_zero_by_rounding(amount: float, text: str) -> None:
    assert page.euro(amount) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0.5, "30 minutes"), (5.8, "5.8 hours"), (163, "163 hours")]
)
def test_hours_are_said_as_people_do(count: float, text: str) -> None:
    assert page.hours(count) == text


def test_the_gpu_is_on_its_card() -> None:
    gpu = _profile().resources.model_copy(
        update={"cpu": 8.0, "memory_gib": 64.0, "gpu": 1, "gpu_type": "A100"}
    )
    assert page.resources_line(gpu) == "8 CPU · 64 GiB · 1 × A100"


def _configured(home: Path, **settings: object) -> Config:
    (home / "state" / "tokens").mkdir(parents=True)
    for name in ("octavo", "tracking", "worker", "spawner"):
        (home / "state" / "tokens" / name).write_text("t" * 64)
    ensure_people(home / "state" / "people.json", home / "people.txt")
    config = Config()
    configuration.configure(config, HubSettings(home=home, port=8100, **settings))
    return config


def test_the_hub_and_its_inner_ports_listen_on_this_machine_alone(tmp_path: Path) -> None:
    config = _configured(tmp_path, bind="0.0.0.0")
    assert config.JupyterHub.bind_url == "http://0.0.0.0:8100/"
    assert config.JupyterHub.hub_bind_url == "http://127.0.0.1:8101"
    assert config.OctavoProxy.traefik_api_url == "http://127.0.0.1:8104"
    assert config.OctavoSpawner.ip == "127.0.0.1"


def test_another_authenticator_and_a_further_file_are_settings(tmp_path: Path) -> None:
    more = tmp_path / "more.py"
    more.write_text('c.GenericOAuthenticator.client_id = "octavo"\n')
    config = _configured(tmp_path, authenticator="generic-oauth", hub_config=more)
    assert config.JupyterHub.authenticator_class == "generic-oauth"
    assert config.GenericOAuthenticator.client_id == "octavo"


def test_roles_give_no_one_the_hubs_whole_power() -> None:
    scopes = {role["name"]: set(role["scopes"]) for role in roles.roles()}
    granted = set().union(*scopes.values())
    assert not any(
        one.startswith(("admin:", "shares", "inherit", "self", "proxy", "shutdown"))
        for one in granted
    )
    assert "servers" not in scopes["octavo-admin"]
    assert set(roles.SERVER_SCOPES) & {"servers!user", "tokens!user"} == set()
    assert all(one.endswith("!user") or "!service=" in one for one in scopes["user"])


def test_a_template_names_its_notebooks(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("title: x\nnotebooks: [train.ipynb]\n")
    assert notebooks_of(tmp_path) == ["train.ipynb"]
    (tmp_path / "template.yaml").write_text("title: x\nnotebooks:\n")
    assert notebooks_of(tmp_path) == []


def test_idle_counts_from_the_last_activity_or_the_start() -> None:
    from datetime import UTC, datetime, timedelta

    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    minute = timedelta(minutes=1)
    assert idle_since(None, start) == start
    assert idle_since(start - minute, start) == start
    assert idle_since(start + minute, start) == start + minute
