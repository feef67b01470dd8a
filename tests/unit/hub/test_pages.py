"""The hub's pages and configuration, without a hub."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest
from jupyterhub.handlers.pages import SpawnHandler
from tests.support.hub_pages import HOSTILE, card, offers, profile, render
from traitlets.config import Config

from octavo.local.people import ensure_people
from octavo.records.workspaces import Offers
from octavo_hub import configuration, page, roles
from octavo_hub.page import SpawnPage
from octavo_hub.pages.views import LinkedSpawnHandler
from octavo_hub.settings import HubSettings
from octavo_hub.starter import notebooks_of


def _render(shown: SpawnPage, message: str = "") -> str:
    return render("spawn.html", spawner_options_form=shown, error_message=message)


def test_a_card_says_all_that_decides_and_posts_what_was_seen() -> None:
    text = _render(SpawnPage(offers=offers(card())))
    for words in ("2 CPU · 8 GiB", "0.12", "412 of 500 EUR", "in about 8 s", "60 min idle"):
        assert words in text
    assert f'name="digest" value="sha256:{"a" * 64}"' in text
    assert HOSTILE not in text


def test_a_card_that_cant_be_started_has_a_reason_and_no_button() -> None:
    shown = SpawnPage(offers=offers(card(available=False, reasons=["No GPU here."])))
    text = _render(shown)
    assert "No GPU here." in text
    assert 'oc-go" aria-describedby' not in text


def test_nothing_to_choose_says_why_and_what_to_do() -> None:
    assert "You belong to no project yet" in _render(
        SpawnPage(offers=Offers(person="ann", projects=[], leads_to="", link_note=""))
    )
    away = _render(SpawnPage(failure="The platform is away."), message=HOSTILE)
    assert "The platform is away." in away
    assert "Try again" in away
    assert HOSTILE not in away


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.00"),
        (0.12, "0.12"),
        (0.0042, "0.0042"),
        (1e-5, "0.000010"),
        (412, "412"),
        (499.99, "499.99"),
        (499.997, "500"),
        (2e4, "20,000"),
    ],
)
def test_money_is_short_and_never_zero_by_rounding(amount: float, text: str) -> None:
    assert page.euro(amount) == text


@pytest.mark.parametrize(
    ("count", "text"), [(0.5, "30 minutes"), (5.8, "5.8 hours"), (163, "163 hours")]
)
def test_hours_are_said_as_people_do(count: float, text: str) -> None:
    assert page.hours(count) == text


def test_the_gpu_is_on_itscard() -> None:
    gpu = profile().resources.model_copy(
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


@pytest.mark.parametrize(("active", "pending", "raised"), [
    (True, "spawn", False), (False, "spawn", False), (False, None, True),
])  # fmt: skip
def test_a_start_that_another_click_began_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, active: bool, pending: str | None, raised: bool
) -> None:
    async def too_late(*_: object, **__: object) -> None:
        raise RuntimeError("ann pending spawn")

    monkeypatch.setattr(SpawnHandler, "spawn_single_user", too_late)
    user = SimpleNamespace(spawners={"": SimpleNamespace(active=active, pending=pending)})
    handler = LinkedSpawnHandler.__new__(LinkedSpawnHandler)
    with pytest.raises(RuntimeError) if raised else nullcontext():
        asyncio.run(handler.spawn_single_user(user))


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
