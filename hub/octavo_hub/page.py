"""What the spawn page shows, ready for its template."""

from __future__ import annotations

from dataclasses import dataclass

from octavo.records.workspaces import Offers, ProfileResources


@dataclass(frozen=True, kw_only=True)
class SpawnPage:
    """The projects and cards of one person, or the sentence that says why there are none."""

    offers: Offers | None = None
    """What may be started; None when the platform couldn't say."""
    failure: str = ""
    """Why there is nothing to choose; empty when there is."""


def resources_line(resources: ProfileResources) -> str:
    """Return the resources as people say them: ``8 CPU, 64 GiB, 1 x A100``."""
    parts = [f"{resources.cpu:g} CPU", f"{resources.memory_gib:g} GiB"]
    if resources.gpu:
        parts.append(f"{resources.gpu} × {resources.gpu_type}")  # noqa: RUF001 - the sign people read
    return " · ".join(parts)


def euro(amount: float) -> str:
    """Return an amount of money with as many decimals as it needs to say something."""
    if 0 < amount < 0.01:
        return f"{amount:.4f}"
    return f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"


def hours(count: float) -> str:
    """Return a number of hours as a person would say it."""
    if count < 1:
        return f"{count * 60:.0f} minutes"
    return f"{count:,.0f} hours" if count >= 10 else f"{count:.1f} hours"
