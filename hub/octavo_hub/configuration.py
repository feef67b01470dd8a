"""Turns Octavo's settings into JupyterHub's configuration."""

from __future__ import annotations

import os
import secrets
from functools import partial
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator

from octavo.local.cluster import read_cluster
from octavo.local.sign_in import PROVIDERS
from octavo.local.sign_in_check import checked_sign_in
from octavo_hub import page
from octavo_hub.authenticator import DemoAuthenticator
from octavo_hub.host_names import give_host_names
from octavo_hub.pages.views import in_any
from octavo_hub.proxy import OctavoProxy
from octavo_hub.roles import roles
from octavo_hub.session_spawner import scopes_in_turn
from octavo_hub.settings import HubSettings
from octavo_hub.spawner import OctavoSpawner, command
from octavo_hub.workspace import arguments

HERE = Path(__file__).parent
LOOPBACK = "127.0.0.1"
SHOWN_AFTER_S = 0.2
"""Seconds after which a start shows its progress or its place in the queue; most refusals come
sooner, and are the answer itself."""


def configure(c: Any, settings: HubSettings) -> None:
    """Fill JupyterHub's configuration object; a further file from the settings comes last."""
    _hub(c, settings)
    _proxy(c, settings)
    _people(c, settings)
    _services(c, settings)
    _workspaces(c, settings)
    _pages(c, settings)
    if settings.hub_config is not None:
        code = compile(settings.hub_config.read_text(), str(settings.hub_config), "exec")
        exec(code, {"c": c, "get_config": lambda: c})  # noqa: S102 - JupyterHub's own way


def _hub(c: Any, settings: HubSettings) -> None:
    c.JupyterHub.bind_url = f"http://{settings.bind}:{settings.port}/"
    c.JupyterHub.hub_bind_url = f"http://{LOOPBACK}:{settings.port + 1}"
    c.JupyterHub.db_url = f"sqlite:///{settings.state / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(settings.state / "hub.cookie-secret")
    c.JupyterHub.cleanup_servers = True
    c.JupyterHub.allow_named_servers = False
    # The platform's queue decides who starts when; the hub's own limit is a bare 429.
    c.JupyterHub.concurrent_spawn_limit = 0
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": SHOWN_AFTER_S}
    closed = settings.quota_unknown == "closed"
    c.OctavoHub.platform_away_limit = 60.0 * settings.platform_away_minutes if closed else 0.0
    c.JupyterHub.log_level = "INFO"
    if settings.subdomains:
        give_host_names(c, settings.public)


def _proxy(c: Any, settings: HubSettings) -> None:
    folder = settings.state / "proxy"
    folder.mkdir(mode=0o700, exist_ok=True)
    c.JupyterHub.proxy_class = OctavoProxy
    c.OctavoProxy.traefik_api_url = f"http://{LOOPBACK}:{settings.port + 4}"
    c.OctavoProxy.traefik_api_username = "hub"
    c.OctavoProxy.traefik_api_password = secrets.token_urlsafe(32)
    c.OctavoProxy.static_config_file = str(folder / "traefik.toml")
    c.OctavoProxy.dynamic_config_file = str(folder / "rules.toml")
    c.OctavoProxy.traefik_log_level = "ERROR"
    c.OctavoProxy.extra_static_config = {
        "global": {"checkNewVersion": False, "sendAnonymousUsage": False}
    }


def _people(c: Any, settings: HubSettings) -> None:
    c.JupyterHub.authenticator_class = _authenticator(c, settings)
    c.Authenticator.manage_groups = True
    c.JupyterHub.load_roles = roles(settings.platform_admin_group)


def _authenticator(c: Any, settings: HubSettings) -> type[Authenticator] | str:
    """Return who signs people in. Raises SettingWrong for sign-in settings that don't fit."""
    sign_in = checked_sign_in(settings.authenticator, os.environ)
    provider = next((one for one in PROVIDERS if one == settings.authenticator), None)
    if sign_in is not None and provider is not None:
        # Only here: its libraries would slow every other start down.
        from octavo_hub.sign_in.configuration import configure_sign_in

        return configure_sign_in(c, provider, sign_in, settings.public, settings.state)
    if settings.authenticator == "demo":
        c.DemoAuthenticator.people_file = str(settings.state / "people.json")
        return DemoAuthenticator
    return settings.authenticator


def _services(c: Any, settings: HubSettings) -> None:
    urls = {"octavo": settings.server, "tracking": settings.tracking, "worker": "", "spawner": ""}
    # MLflow's pages ask the platform service what the person who opened them may see.
    further = {"tracking": {"oauth_client_allowed_scopes": ["access:services!service=octavo"]}}
    c.JupyterHub.services = [
        {
            "name": name,
            "api_token": settings.token(name),
            "display": False,
            **({"url": url, "oauth_no_confirm": True, "timeout": 1} if url else {}),
            **further.get(name, {}),
        }
        for name, url in urls.items()
    ]


def _workspaces(c: Any, settings: HubSettings) -> None:
    c.Spawner.platform_url = settings.server
    c.Spawner.probe_seconds = settings.probe_seconds
    c.Spawner.token_file = str(settings.state / "tokens" / "spawner")
    c.Spawner.options_form = "projects and profiles"
    c.Spawner.apply_user_options = lambda _spawner, _options: None  # start() applies them
    c.Spawner.server_token_scopes = scopes_in_turn
    c.Spawner.poll_interval = 30
    c.Spawner.http_timeout = 60
    if settings.spawner == "kubernetes":
        # Only here: the cluster's libraries would slow every other start down.
        from octavo_hub.kubernetes.configuration import configure_kubernetes

        configure_kubernetes(c, read_cluster(os.environ), settings.public)
        return
    c.JupyterHub.spawner_class = OctavoSpawner
    c.OctavoSpawner.octavo_home = str(settings.home)
    c.OctavoSpawner.open_url = settings.public
    c.OctavoSpawner.home_size_gib = settings.home_size_gib
    # The hub's own PYTHONPATH and virtual environment are none of a workspace's business.
    c.OctavoSpawner.env_keep = ["LANG", "LC_ALL", "LANGUAGE", "TZ"]
    c.OctavoSpawner.cmd = command()
    c.OctavoSpawner.args = arguments()
    c.OctavoSpawner.ip = LOOPBACK
    c.OctavoSpawner.interrupt_timeout = 5
    c.OctavoSpawner.term_timeout = 5


def _pages(c: Any, settings: HubSettings) -> None:
    admins = frozenset({settings.platform_admin_group})
    governing = admins | {settings.platform_reviewer_group}
    c.OctavoHub.platform_url = settings.server
    c.OctavoHub.platform_token_file = str(settings.state / "tokens" / "spawner")
    c.OctavoHub.open_url = settings.public
    c.OctavoHub.admin_groups = [settings.platform_admin_group]
    c.OctavoHub.reviewer_groups = [settings.platform_reviewer_group]
    c.JupyterHub.template_paths = [str(HERE / "templates")]
    c.JupyterHub.logo_file = str(HERE / "templates" / "logo.svg")
    c.JupyterHub.template_vars = {
        **{word.__name__: partial(_constant, word) for word in page.WORDS},
        # On one machine workspaces run from the machine's own environment.
        "choose_images": settings.spawner == "kubernetes",
        "administers": lambda user: in_any(user, admins),
        "governs": lambda user: in_any(user, governing),
    }


def _constant(value: Any, _user: Any) -> Any:
    """Return a template's variable: JupyterHub calls what can be called, with the user."""
    return value
