"""Turns the area's records into wire records."""

from __future__ import annotations

from octavo.records import workspaces as wire
from octavo_server.workspaces import rules
from octavo_server.workspaces.accounting import Report
from octavo_server.workspaces.domain import MICRO, Card, ProfileVersion
from octavo_server.workspaces.service import Offer, SessionView


def profile(version: ProfileVersion) -> wire.Profile:
    """Return a profile version as it goes over the wire."""
    inner = version.profile
    return wire.Profile.model_validate(
        {
            **vars(inner),
            "version": version.version,
            "digest": version.digest,
            "resources": wire.ProfileResources.model_validate(inner),
            "price_eur_per_hour": euro(inner.price_micro_eur),
            "audiences": list(inner.audiences),
            "environments": list(inner.environments),
            "published_at": version.published_at,
        }
    )


def card(one: Card) -> wire.ProfileCard:
    """Return a card."""
    left = one.budget.left_micro_eur
    return wire.ProfileCard(
        profile=profile(one.version),
        available=not one.reasons,
        reasons=list(one.reasons),
        notes=list(one.notes),
        budget_eur=euro(one.budget.limit_micro_eur),
        budget_left_eur=euro(left),
        hours_left=rules.hours_left(left, one.version.profile),
    )


def offer(one: Offer) -> wire.ProjectOffer:
    """Return a project with its cards."""
    return wire.ProjectOffer(
        project=one.project,
        title=one.title,
        description=one.description,
        role=one.role,
        cards=[card(each) for each in one.cards],
    )


def decision(one: Card) -> wire.SpawnDecision:
    """Return a decision about a start."""
    return wire.SpawnDecision(
        allowed=not one.reasons,
        reasons=list(one.reasons),
        profile=profile(one.version),
        policy_digest=one.policy_digest,
    )


def session(view: SessionView) -> wire.Session:
    """Return a session."""
    return wire.Session.model_validate(
        {
            **vars(view.session),
            "profile": profile(view.version),
            "template": view.template,
            "seconds": round(view.seconds, 3),
            "cost_eur": euro(view.cost_micro_eur),
            "budget_left_eur": euro(view.budget.left_micro_eur),
        }
    )


def report(one: Report) -> wire.CostReport:
    """Return a cost report."""
    usage, budget = one.usage, one.budget
    today = sum(each.cost_micro_eur for each in usage if each.day == one.today)
    by_day = rules.grouped(usage, lambda each: each.day.isoformat())
    return wire.CostReport(
        project=one.project,
        since=one.since,
        until=one.until,
        total_eur=euro(sum(each.cost_micro_eur for each in usage)),
        today_eur=euro(today),
        budget_eur=euro(budget.limit_micro_eur) if budget else None,
        budget_left_eur=euro(budget.left_micro_eur) if budget else None,
        by_person=_lines(rules.grouped(usage, lambda each: each.person)),
        by_project=_lines(rules.grouped(usage, lambda each: each.project)),
        by_profile=_lines(rules.grouped(usage, lambda each: each.profile)),
        by_kind=_lines(rules.grouped(usage, lambda each: each.kind)),
        by_day=_lines(sorted(by_day)),
    )


def euro(micro_eur: int) -> float:
    """Return an amount in euro, rounded to 4 places."""
    return round(micro_eur / MICRO, 4)


def _lines(groups: list[tuple[str, float, int]]) -> list[wire.CostLine]:
    return [
        wire.CostLine(name=name, hours=round(hours, 4), cost_eur=euro(micro))
        for name, hours, micro in groups
    ]
