"""Two people at work in JupyterLab."""

from __future__ import annotations

from dataclasses import dataclass

from octavo.client import Client
from tests.acceptance.lab import Lab


@dataclass(frozen=True, kw_only=True)
class Room:
    """Who takes part, and the platform's API in the scientist's name."""

    scientist: Lab
    reviewer: Lab
    client: Client
