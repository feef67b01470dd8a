"""Own host names for workspaces: what one person's page runs can't reach another's, nor the hub."""

from __future__ import annotations

from typing import Any

from jupyterhub.utils import subdomain_hook_idna


def give_host_names(c: Any, public_url: str) -> None:
    """Serve each workspace on a name of its own below the public address's host."""
    c.JupyterHub.subdomain_host = public_url
    c.JupyterHub.subdomain_hook = host_of


def host_of(name: str, domain: str, kind: str) -> str:
    """Return the host name of a person's workspace; services stay on the hub's.

    Their addresses are known to every notebook and script, and what they serve is Octavo's own.
    """
    return str(subdomain_hook_idna(name, domain, kind)) if kind == "user" else domain
