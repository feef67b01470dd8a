"""Cards and sessions as they go over the wire."""

from __future__ import annotations

from datetime import date

from octavo.records import workspaces as wire
from octavo_server.workspaces.profiles.wire import euro, profile
from octavo_server.workspaces.sessions import rules
from octavo_server.workspaces.sessions.domain import Card
from octavo_server.workspaces.sessions.service import Offer, SessionView


def card(one: Card, today: date) -> wire.ProfileCard:
    """Return a card with the prices of ``today`` (UTC)."""
    left = one.budget.left_micro_eur
    return wire.ProfileCard(
        profile=profile(one.version, today),
        available=not one.reasons,
        reasons=list(one.reasons),
        notes=list(one.notes),
        budget_eur=euro(one.budget.limit_micro_eur),
        budget_left_eur=euro(left),
        hours_left=rules.hours_left(left, one.version.profile, today),
        quotas=[],
        free_now=None,
        expected_wait_s=0,
        idle_rule=rules.idle_rule(one.version.profile),
        nearest=None,
    )


def offer(one: Offer, today: date) -> wire.ProjectOffer:
    """Return a project with its cards."""
    return wire.ProjectOffer(
        project=one.project,
        title=one.title,
        description=one.description,
        role=one.role,
        cards=[card(each, today) for each in one.cards],
    )


def decision(one: Card, today: date) -> wire.SpawnDecision:
    """Return a decision about a start."""
    return wire.SpawnDecision(
        allowed=not one.reasons,
        reasons=list(one.reasons),
        nearest=None,
        profile=profile(one.version, today),
        policy_digest=one.policy_digest,
    )


def session(view: SessionView) -> wire.Session:
    """Return a session."""
    return wire.Session.model_validate(
        {
            **vars(view.session),
            "profile": profile(view.version, view.today),
            "image": None,
            "template": view.template,
            "position": None,
            "expected_wait_s": None,
            "waits_for": "",
            "gpus": [],
            "requested_at": view.session.started_at,
            "seconds": round(view.seconds, 3),
            "cost_eur": euro(view.cost_micro_eur),
            "budget_left_eur": euro(view.budget.left_micro_eur),
            "idle_stop_at": None,
            "ends_at": None,
            "stop_at": None,
            "stop_reason": None,
            "extension_minutes_left": 0,
            "notices": [],
            "hand_off_to": [],
        }
    )
