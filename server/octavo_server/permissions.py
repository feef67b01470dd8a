"""The one table of permissions: every verb, what it means, and the roles that hold it.

Roles in a project: ``scientist``, ``reviewer``, ``oncall``, ``admin``. A platform admin is
``admin`` everywhere. ``service`` is Octavo's own services, ``run`` a production run inside its
project, ``anyone`` every signed-in person.
"""

from __future__ import annotations

from dataclasses import dataclass

SCIENTIST, REVIEWER, ONCALL, ADMIN = "scientist", "reviewer", "oncall", "admin"
SERVICE, RUN, ANYONE = "service", "run", "anyone"
PROJECT_ROLES = (SCIENTIST, REVIEWER, ONCALL, ADMIN)

_MEMBERS = frozenset({SCIENTIST, REVIEWER, ONCALL, ADMIN})


@dataclass(frozen=True, kw_only=True)
class Permission:
    """Who may use a verb."""

    meaning: str
    """What the verb lets a caller do, as a sentence's end: "read the audit trail"."""
    roles: frozenset[str]
    """The roles that hold it."""
    platform: bool = False
    """True: decided by platform roles alone; the route names no project."""


def _project(meaning: str, *roles: str) -> Permission:
    return Permission(meaning=meaning, roles=frozenset(roles) or _MEMBERS)


def _platform(meaning: str, *roles: str) -> Permission:
    return Permission(meaning=meaning, roles=frozenset(roles), platform=True)


PERMISSIONS: dict[str, Permission] = {
    "me.read": _platform("see who one is and one's projects", ANYONE, SERVICE, RUN),
    "projects.list": _platform("list the projects one belongs to", ANYONE, SERVICE),
    "projects.create": _platform("create a project", ADMIN),
    "projects.read": _project("read a project", *_MEMBERS, RUN),
    "projects.manage": _project("change members and budget", ADMIN),
    "templates.read": _platform("list project templates", ANYONE),
    "audit.read": _platform("read and verify the audit trail", ADMIN),
    "policy.read": _platform("read the policies in force", ANYONE),
    "policy.propose": _platform("propose a policy change", ADMIN),
    "policy.review": _platform("approve or reject a policy change", ADMIN, REVIEWER),
    "tracking.read": _project("see the project's runs in MLflow", *_MEMBERS, RUN, SERVICE),
    "tracking.write": _project("log runs and models to MLflow", SCIENTIST, ADMIN, RUN, SERVICE),
    "tracking.govern": _project("move aliases and delete versions in MLflow", SERVICE),
    "experiments.record": _project(
        "keep the notebook versions that make runs", SCIENTIST, ADMIN, RUN
    ),
    "experiments.read": _project("see runs and compare them", *_MEMBERS, RUN, SERVICE),
    "experiments.write": _project("tag runs, save views and pin baselines", SCIENTIST, ADMIN),
    "registry.read": _project("see models and their versions", *_MEMBERS, RUN, SERVICE),
    "registry.register": _project("register a model version", SCIENTIST, ADMIN, RUN),
    "registry.verify": _project("check a version's bytes and signature", *_MEMBERS, RUN, SERVICE),
    "registry.tag": _project("tag a model version", SCIENTIST, ADMIN),
    "registry.sign": _project("sign versions again whose key was revoked", ADMIN),
    "registry.clear": _platform("remove what no model version refers to", ADMIN),
    "keys.read": _platform("see the public keys of this installation", ANYONE, SERVICE, RUN),
    "keys.change": _platform("make and revoke signing keys", ADMIN),
    "registry.alias": _project("move a model's alias", SCIENTIST, REVIEWER, ADMIN, SERVICE),
    "deployments.read": _project("see deployments, requests and rollouts", *_MEMBERS, RUN, SERVICE),
    "deployments.request": _project("request a deployment", SCIENTIST, ADMIN),
    "deployments.review": _project("approve or reject a deployment", REVIEWER, ADMIN),
    "deployments.promote": _project("promote a canary", REVIEWER, ONCALL, ADMIN),
    "deployments.rollback": _project("roll a deployment back", *_MEMBERS),
    "deployments.pause": _project("pause a rollout or let it go on", *_MEMBERS),
    "deployments.evidence": _project("gather a request's evidence again", *_MEMBERS),
    "deployments.invoke": _project("score rows with a deployment", *_MEMBERS, RUN, SERVICE),
    "consumers.read": _project("see consumers and what they ask", *_MEMBERS, SERVICE),
    "consumers.manage": _project(
        "make consumers, their tokens and limits", SCIENTIST, ONCALL, ADMIN
    ),
    "edge.export": _project("take a model to devices", SCIENTIST, ONCALL, ADMIN),
    "edge.read": _project("see the devices of a deployment", *_MEMBERS, SERVICE),
    "edge.report": _project("report what a device does", SERVICE),
    "edge.manage": _project("remove devices", SCIENTIST, ONCALL, ADMIN),
    "batches.read": _project("see batches and what one would score", *_MEMBERS, RUN, SERVICE),
    "batches.run": _project("start a batch or let it go on", SCIENTIST, ADMIN, RUN),
    "batches.cancel": _project("cancel a batch", SCIENTIST, ONCALL, ADMIN, RUN),
    "deployments.log_read": _project("read logged requests", *_MEMBERS, SERVICE),
    "deployments.log_change": _project("change what is logged of requests", ONCALL, ADMIN),
    "monitoring.read": _project(
        "see a deployment's health, drift and alerts", *_MEMBERS, RUN, SERVICE
    ),
    "monitoring.acknowledge": _project("acknowledge an alert", *_MEMBERS),
    "features.read": _project("find features and read about them", *_MEMBERS, RUN, SERVICE),
    "features.search": _platform("search the features of all projects one may read", ANYONE),
    "features.report": _project("tell which features one read", *_MEMBERS, RUN, SERVICE),
    "features.online": _project(
        "read newest feature values", SCIENTIST, ONCALL, ADMIN, RUN, SERVICE
    ),
    "features.materialize": _project(
        "start, schedule and cancel materialisations", SCIENTIST, ONCALL, ADMIN, SERVICE
    ),
    "features.expect": _project("set how fresh features must be", SCIENTIST, ONCALL, ADMIN),
    "features.push": _project("push rows into features", SCIENTIST, ADMIN, RUN, SERVICE),
    "features.plan": _project("see what a change of features would do", *_MEMBERS, SERVICE),
    "features.propose": _project("propose a change of features", SCIENTIST, ADMIN, SERVICE),
    "features.review": _project("approve or reject a change of features", REVIEWER, ADMIN),
    "features.cancel": _project(
        "withdraw or stop a change of features", SCIENTIST, REVIEWER, ADMIN
    ),
    "features.publish": _project("propose the features of the project's template", ADMIN, SERVICE),
    "notebooks.read": _project("see submissions and releases", *_MEMBERS, RUN, SERVICE),
    "notebooks.lint": _project("lint a notebook", *_MEMBERS),
    "notebooks.propose_rules": _project("propose a change of the lint rules", SCIENTIST, ADMIN),
    "notebooks.review_rules": _project(
        "approve or reject a change of the lint rules", REVIEWER, ADMIN
    ),
    "notebooks.submit": _project("submit a notebook for review", SCIENTIST, ADMIN),
    "notebooks.review": _project("approve or reject a submitted notebook", REVIEWER, ADMIN),
    "notebooks.withdraw": _project("take a release's approval back", REVIEWER, ADMIN),
    "notebooks.verify": _project("check a release's bytes and signature", *_MEMBERS, SERVICE),
    "pipelines.read": _project("see pipelines, runs and their evidence", *_MEMBERS, RUN, SERVICE),
    "pipelines.create": _project("make a pipeline of a release", SCIENTIST, ADMIN),
    "pipelines.run": _project("start a run", SCIENTIST, ONCALL, ADMIN),
    "pipelines.hand_off": _project("run one's own notebook, not approved", SCIENTIST, ADMIN),
    "pipelines.cancel": _project("cancel a run", SCIENTIST, ONCALL, ADMIN),
    "pipelines.schedule": _project("schedule a pipeline", SCIENTIST, ADMIN),
    "pipelines.resolve": _project("decide about a run of unknown outcome", ONCALL, ADMIN),
    "profiles.schema": _platform("read the form of profile documents", ANYONE),
    "profiles.read": _platform("see profiles, their history and users", ADMIN, REVIEWER),
    "profiles.check": _platform("check a profile document", ADMIN, REVIEWER),
    "profiles.propose": _platform("propose a change of a profile", ADMIN),
    "profiles.review": _platform("approve or reject a change of a profile", ADMIN, REVIEWER),
    "workspaces.cards": _platform("see what one may start in a project", ANYONE),
    "workspaces.offer": _platform("ask what a signed-in person may start", SERVICE),
    "workspaces.meter": _platform("start, meter and end sessions", SERVICE),
    "workspaces.own": _platform("see and steer one's own workspace", ANYONE),
    "workspaces.failures": _platform("see how starts failed", ADMIN),
    "workspaces.cost": _project("see what the project consumed"),
    "workspaces.cost_of_all": _platform("see what all projects consumed", ADMIN),
    "workspaces.budget_steps": _project("change when a budget alerts and stops", ADMIN),
    "workspaces.quota": _project("see what one's quotas leave in a project"),
    "workspaces.quotas": _platform("see, set and remove quotas", ADMIN),
    "lineage.read": _project("read the lineage graph"),
}


def roles_with(verb: str) -> str:
    """Return the roles that hold ``verb``, for a message that says whom to ask."""
    return " or ".join(sorted(PERMISSIONS[verb].roles - {SERVICE, RUN})) or "a service"


def refusal_of(verb: str) -> str:
    """Return what is said to a caller who doesn't hold ``verb``."""
    return f"You may not {PERMISSIONS[verb].meaning}: that takes the role {roles_with(verb)}."


def refusals(roles: frozenset[str]) -> dict[str, str]:
    """Return the verbs of a project that ``roles`` don't hold, each with what is said of it."""
    return {
        verb: refusal_of(verb)
        for verb, permission in PERMISSIONS.items()
        if not permission.platform and not roles & permission.roles
    }
