"""Pure decisions about which profile comes nearest to another, and which could take its work on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from octavo_server.workspaces.profiles.domain import MICRO, Profile, ProfileVersion


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A profile that can be started instead of another."""

    version: ProfileVersion
    """Its version."""
    reason: str
    """How it differs, in a sentence."""


def nearest(wanted: ProfileVersion, available: Iterable[ProfileVersion], today: date) -> Fit | None:
    """Return the available profile that differs least: first in GPUs, then in size, then in price.

    Sizes are compared by how many times larger one is than the other, so that 2 and 4 cores are
    as far apart as 16 and 32.
    """
    others = [one for one in available if one.profile.id != wanted.profile.id]
    best = min(others, key=lambda one: _distance(wanted.profile, one.profile, today), default=None)
    if best is None:
        return None
    return Fit(version=best, reason=difference(wanted.profile, best.profile, today))


def _distance(wanted: Profile, other: Profile, today: date) -> tuple[float, float, int, str]:
    gpu = abs(wanted.gpu - other.gpu) + (
        0.5 * (bool(wanted.gpu and other.gpu) and wanted.gpu_type != other.gpu_type)
    )
    size = _times(wanted.cpu, other.cpu) + _times(wanted.memory_gib, other.memory_gib)
    price = abs(wanted.price_on(today) - other.price_on(today))
    return gpu, round(size, 6), price, other.id


def _times(one: float, other: float) -> float:
    small, large = sorted((max(one, 0.001), max(other, 0.001)))
    return large / small - 1


def difference(wanted: Profile, other: Profile, today: date) -> str:
    """Say how a profile differs from the wanted one, and what it costs."""
    parts = []
    if (other.gpu, other.gpu_type) != (wanted.gpu, wanted.gpu_type):
        parts.append(f"{other.gpu} x {other.gpu_type}" if other.gpu else "no GPU")
    if other.cpu != wanted.cpu:
        parts.append(f"{other.cpu:g} CPU instead of {wanted.cpu:g}")
    if other.memory_gib != wanted.memory_gib:
        parts.append(f"{other.memory_gib:g} GiB instead of {wanted.memory_gib:g}")
    same = ", ".join(parts) or "the same size"
    return f"{other.title}: {same}, {other.price_on(today) / MICRO:.2f} EUR an hour."


def as_it_is(version: ProfileVersion, today: date) -> Fit:
    """Return the profile itself, for a choice of which something else was wrong."""
    price = version.profile.price_on(today) / MICRO
    return Fit(
        version=version, reason=f"{version.profile.title} as it is now, {price:.2f} EUR an hour."
    )


def takes_over(
    wanted: Profile, offered: Iterable[ProfileVersion], groups: Iterable[str], today: date
) -> list[Fit]:
    """Return the profiles without a GPU that a run of this workspace's notebook may use.

    Cheapest first; none for a workspace that has no GPU to give up.
    """
    if not wanted.gpu:
        return []
    held = set(groups)
    fits = [
        Fit(version=one, reason=difference(wanted, one.profile, today))
        for one in offered
        if one.profile.pipelines
        and not one.profile.gpu
        and (not one.profile.audiences or held & set(one.profile.audiences))
    ]
    return sorted(
        fits, key=lambda fit: (fit.version.profile.price_on(today), fit.version.profile.id)
    )
