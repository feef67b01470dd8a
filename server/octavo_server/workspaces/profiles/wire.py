"""Profiles as they go over the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from octavo.records import profiles as wire
from octavo_server.identity import Caller
from octavo_server.workspaces.profiles import change_rules
from octavo_server.workspaces.profiles.catalog import CatalogService, Detail, DryRun, Summary, Users
from octavo_server.workspaces.profiles.domain import MICRO, ProfileChange, ProfileVersion
from octavo_server.workspaces.profiles.findings import Checked


def profile(version: ProfileVersion, today: date) -> wire.Profile:
    """Return a profile version with its price of ``today`` (UTC)."""
    inner = version.profile
    return wire.Profile.model_validate(
        {
            **vars(inner),
            "version": version.version,
            "digest": version.digest,
            "resources": wire.ProfileResources.model_validate(inner),
            "images": [wire.ProfileImage.model_validate(one) for one in inner.images],
            "rates": [
                wire.Rate(since=one.since, eur_per_hour=euro(one.micro_eur)) for one in inner.rates
            ],
            "price_eur_per_hour": euro(inner.price_on(today)),
            "tolerations": [wire.Toleration.model_validate(one) for one in inner.tolerations],
            "volumes": [wire.Volume.model_validate(one) for one in inner.volumes],
            "audiences": list(inner.audiences),
            "environments": list(inner.environments),
            "published_at": version.published_at,
        }
    )


def euro(micro_eur: int) -> float:
    """Return an amount in euro, to the micro-euro: parts add up to their whole."""
    return micro_eur / MICRO


def summary(one: Summary) -> wire.ProfileSummary:
    """Return one profile of the admin's list."""
    newest = one.newest
    return wire.ProfileSummary(
        id=newest.profile.id,
        title=newest.profile.title,
        state=newest.state.value,
        version=newest.version,
        price_eur_per_hour=euro(one.price_micro_eur),
        users_now=one.users_now,
        changed_at=one.changed_at,
        changed_by=one.changed_by,
        pending=one.pending,
    )


def detail(one: Detail, catalog: CatalogService, caller: Caller) -> wire.ProfileDetail:
    """Return one profile with its history, as the caller may act on it."""
    return wire.ProfileDetail(
        summary=summary(one.summary),
        versions=[_version(each, catalog) for each in one.versions],
        changes=[change(each, caller) for each in one.changes],
    )


def _version(one: ProfileVersion, catalog: CatalogService) -> wire.ProfileVersion:
    return wire.ProfileVersion(
        profile=profile(one, catalog.today()),
        state=one.state.value,
        text=catalog.text(one),
        author=one.author,
        reviewer=one.reviewer,
        reason=one.reason,
        ended_at=one.ended_at,
        redirect_to=one.redirect_to,
        message=one.message,
    )


def users(one: Users) -> wire.ProfileUsers:
    """Return who uses a profile."""
    return wire.ProfileUsers(
        profile=one.profile,
        items=[wire.ProfileUser.model_validate(each) for each in one.items],
        people_30_days=one.people,
        hours_30_days=round(one.hours, 2),
    )


def check(one: DryRun) -> wire.DocumentCheck:
    """Return what checking a document found."""
    checked = one.checked
    return wire.DocumentCheck(
        valid=checked.profile is not None and not checked.errors,
        text=checked.text,
        document=checked.raw,
        findings=[wire.Finding.model_validate(each) for each in checked.findings],
        profile=_id_of(checked),
        base_version=one.base_version,
        diff=one.diff,
        fits=list(checked.fits),
    )


def _id_of(checked: Checked) -> str | None:
    name = (checked.raw or {}).get("id")
    return name if isinstance(name, str) else None


def change(one: ProfileChange, caller: Caller) -> wire.ProfileChange:
    """Return a change, and whether the caller may decide about it."""
    why_not = change_rules.why_not_review(one, caller.name, caller.roles)
    return wire.ProfileChange.model_validate(
        {
            **vars(one),
            "kind": one.kind.value,
            "state": one.state.value,
            "findings": [wire.Finding.model_validate(dict(each)) for each in one.findings],
            "may_review": not why_not,
            "why_not": why_not,
        }
    )


def changes(
    found: Sequence[ProfileChange], limit: int, start: int, caller: Caller
) -> wire.ProfileChanges:
    """Return a page of changes, of which one more than ``limit`` was looked for."""
    more = str(start + limit) if len(found) > limit else None
    return wire.ProfileChanges(
        items=[change(each, caller) for each in found[:limit]], next_cursor=more
    )
