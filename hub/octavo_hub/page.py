"""What the spawn page shows, ready for its template."""

from __future__ import annotations

from dataclasses import dataclass

from octavo.records.workspaces import (
    Offers,
    ProfileCard,
    ProfileResources,
    QuotaLeft,
    SpawnDecision,
)
from octavo_hub.steps import duration

COUNTED = {"core_hours": "core-hours", "gib_hours": "GiB-hours", "gpu_hours": "GPU-hours"}
OWNERS = {"person": "Your", "group": "Your group's", "project": "The project's"}


@dataclass(frozen=True, kw_only=True)
class SpawnPage:
    """The projects and cards of one person, or the sentence that says why there are none."""

    offers: Offers | None = None
    """What may be started; None when the platform couldn't say."""
    failure: str = ""
    """Why there is nothing to choose; empty when there is."""
    refusal: SpawnDecision | None = None
    """Why the last choice was refused, and what to start instead; None: it wasn't."""


def resources_line(resources: ProfileResources) -> str:
    """Return the resources as people say them: ``8 CPU, 64 GiB, 1 x A100``."""
    parts = [f"{resources.cpu:g} CPU", f"{resources.memory_gib:g} GiB"]
    if resources.gpu:
        parts.append(f"{resources.gpu} × {resources.gpu_type}")  # noqa: RUF001 - the sign people read
    return " · ".join(parts)


def euro(amount: float) -> str:
    """Return an amount of money with as many decimals as it needs to say something."""
    if 0 < amount < 0.01:
        return f"{amount:.6f}" if amount < 0.0001 else f"{amount:.4f}"
    whole = amount >= 100 and round(float(amount), 2).is_integer()
    return f"{amount:,.0f}" if whole else f"{amount:,.2f}"


def hours(count: float) -> str:
    """Return a number of hours as a person would say it."""
    if count < 1:
        return f"{count * 60:.0f} minutes"
    return f"{count:,.0f} hours" if count >= 10 else f"{count:.1f} hours"


def waits(card: ProfileCard) -> bool:
    """Whether a start would have to wait for its turn."""
    return card.expected_wait_s > 0 or card.free_now == 0


def wait_line(card: ProfileCard) -> str:
    """Return how soon a card's workspace would be ready, and how many more fit now."""
    if card.expected_wait_s > 0:
        return f"about {duration(card.expected_wait_s)}, none free now"
    if card.free_now == 0:
        return "not known, none free now"
    ready = f"in about {card.profile.ready_seconds} s"
    return ready if card.free_now is None else f"{ready}, {card.free_now} free now"


def quota_name(quota: QuotaLeft) -> str:
    """Return whose quota it is and of what: ``Your GPU-hours``."""
    return f"{OWNERS[quota.scope]} {COUNTED[quota.resource]}"


def quota_line(quota: QuotaLeft) -> str:
    """Return what is left of a quota: ``18 of 100 left in 30 days``."""
    return f"{quota.left:,.4g} of {quota.limit:,.4g} left in {quota.window_days} days"


WORDS = (euro, hours, resources_line, waits, wait_line, quota_name, quota_line)
"""What templates may call, by its name."""
