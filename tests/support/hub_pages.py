"""The hub's templates rendered without a hub, with the records that they show.

- `profile`, `card`, `offers`: records of a small profile, changed by what a test names
- `render`: a template's text for the person ann
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader
from jupyterhub._data import DATA_FILES_PATH

from octavo.records.workspaces import Offers, Profile, ProfileCard, ProfileResources, ProjectOffer
from octavo_hub import configuration, page

HOSTILE = "<script>alert(1)</script>"


def profile(**more: object) -> Profile:
    """Return a profile with a hostile description."""
    resources = ProfileResources(
        cpu=2,
        cpu_guarantee=1,
        memory_gib=8,
        memory_guarantee_gib=1,
        processes=100,
        gpu=0,
        gpu_type=None,
    )
    usual = {
        "id": "cpu-small",
        "version": 1,
        "digest": "sha256:" + "a" * 64,
        "title": "Small CPU",
        "description": HOSTILE,
        "resources": resources,
        "images": [],
        "rates": [],
        "price_eur_per_hour": 0.12,
        "idle_minutes": 60,
        "gpu_idle_minutes": None,
        "extension_minutes": 60,
        "longest_hours": 72,
        "ready_seconds": 8,
        "capacity": "on-demand",
        "node_selector": {},
        "tolerations": [],
        "volumes": [],
        "environment": {},
        "labels": {},
        "audiences": [],
        "environments": ["dev"],
        "pipelines": True,
        "published_at": "2026-01-01T00:00:00Z",
    }
    return Profile.model_validate(usual | more)


def card(**more: object) -> ProfileCard:
    """Return a card that can be started."""
    usual = {
        "profile": profile(),
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
    return ProfileCard.model_validate(usual | more)


def offers(*cards: ProfileCard, leads_to: str = "", link_note: str = "") -> Offers:
    """Return what ann may start: the cards in one project with a hostile title."""
    offer = ProjectOffer(
        project="flights", title=HOSTILE, description="", role="scientist", cards=list(cards)
    )
    return Offers(person="ann", projects=[offer], leads_to=leads_to, link_note=link_note)


def render(
    template: str, options: dict[str, str] | None = None, ended: Any = None, **more: Any
) -> str:
    """Return a template's text, with the options of ann's last start and why it ``ended``."""
    base = Path(DATA_FILES_PATH) / "templates"
    own = configuration.HERE / "templates"
    loaders = [
        PrefixLoader({"templates": FileSystemLoader(base)}, "/"),
        FileSystemLoader([own, base]),
    ]
    environment = Environment(autoescape=True, loader=ChoiceLoader(loaders))

    class Spawner:
        user_options = options or {}
        failure = ended

    class Person:
        name = "ann"
        json_escaped_name = "ann"
        escaped_name = "ann"
        spawner = Spawner

    usual = {
        "user": Person,
        "for_user": Person,
        "base_url": "/hub/",
        "xsrf": "token",
        "parsed_scopes": {},
        "static_url": lambda name, **_: name,
        "spawn_url": "/hub/spawn",
        "chosen": {},
        "governs": False,
        "administers": False,
        "choose_images": False,
        "no_spawner_check": True,
        **{word.__name__: word for word in page.WORDS},
    }
    return environment.get_template(template).render(usual | more)
