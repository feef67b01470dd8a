"""The Hub roles: the least each kind of token needs, as data."""

from __future__ import annotations

from typing import Any

SERVICES = ("octavo", "tracking")
ACCESS = [f"access:services!service={name}" for name in SERVICES]

# JupyterHub's `self` without sharing: who opens another's workspace would act in their name.
OWN_ACCOUNT = [
    "read:users!user",
    "users:activity!user",
    "servers!user",
    "access:servers!user",
    "tokens!user",
]

# What a workspace's own token may do: report activity, and reach the two services as its person.
SERVER_SCOPES = ["users:activity!user", "access:servers!server", *ACCESS]


def roles(admin_group: str = "admins") -> list[dict[str, Any]]:
    """Return the roles to load at start.

    Platform admins see and stop workspaces and remove people; unlike JupyterHub's own admins they
    can't open another person's workspace or act in another's name.
    """
    return [
        {
            "name": "user",
            "description": "A signed-in person: the own account, and Octavo's services",
            "scopes": [*OWN_ACCOUNT, *ACCESS],
        },
        {
            "name": "octavo-platform",
            "description": "The platform service reads who exists, in which groups, and what runs",
            "scopes": ["list:users", "read:users:name", "read:users:groups", "read:servers",
                       "list:groups", "read:groups:name"],
            "services": ["octavo"],
        },
        {
            "name": "octavo-worker",
            "description": "The worker calls the two services in its own name",
            "scopes": ACCESS,
            "services": ["worker"],
        },
        {
            "name": "octavo-spawner",
            "description": "The hub itself asks the platform service what a person may start",
            "scopes": ["access:services!service=octavo"],
            "services": ["spawner"],
        },
        {
            "name": "octavo-admin",
            "description": "Platform admins see and stop workspaces, and remove people",
            "scopes": ["admin-ui", "list:users", "read:users", "delete:users", "read:servers",
                       "delete:servers", "list:groups", "read:groups", "list:services",
                       "read:services", "read:hub"],
            "groups": [admin_group],
        },
    ]  # fmt: skip
