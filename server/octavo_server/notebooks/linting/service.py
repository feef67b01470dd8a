"""Looks at notebooks by a project's rules, and changes those rules under four eyes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from octavo.records.linting import (
    EnvironmentName,
    LintAnswer,
    LintReport,
    LintRule,
    LintRules,
    LintRulesVersion,
    LintRulesVersions,
    LintSettings,
)
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, NotFound
from octavo_server.identity import Caller, new_id
from octavo_server.notebooks import document, parameters
from octavo_server.notebooks.document import Document
from octavo_server.notebooks.linting import changing, rules, store
from octavo_server.notebooks.linting.domain import RULES, RulesVersion, VersionState
from octavo_server.notebooks.linting.ports import Packages
from octavo_server.notebooks.linting.rules import Surrounding
from octavo_server.policy.service import PolicyService
from octavo_server.turns import Turns

__all__ = ["LintService"]

MOST_VERSIONS = 50


class LintService:
    """What the room offers to handlers and to other rooms."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        packages: Packages,
        lake: str = "",
    ) -> None:
        """``lake`` is the folder that `$OCTAVO_LAKE` stands for in runs; empty: not known."""
        self._database = database
        self._audit = audit
        self._policy = policy
        self._packages = packages
        self._lake = lake
        self._turns = Turns("looks at notebooks", at_once=2, most_waiting=32, wait_s=20)

    def look(
        self, project: str, parsed: Document, environment: EnvironmentName = "prod"
    ) -> LintReport:
        """Return what the project's rules find in a notebook. Raises Unavailable when busy."""
        with self._database.read() as rows:
            version = store.active(rows, project)
        settings = version.settings if version else LintSettings()
        known = Surrounding(
            settings=settings,
            version=self._version,
            lake=self._lake,
            digest=changing.digest_of(settings),
        )
        with self._turns.turn():
            return rules.lint(parsed, environment, known)

    def answer(
        self, project: str, notebook: Mapping[str, Any], environment: EnvironmentName
    ) -> LintAnswer:
        """Return findings and typed parameters; nothing is kept. Raises Invalid."""
        parsed = document.parse(notebook)
        report = self.look(project, parsed, environment)
        return LintAnswer(lint=report, parameters=parameters.infer(parsed))

    def in_force(self, project: str) -> LintRules:
        """Return the rules in force, each with its weights."""
        with self._database.read() as rows:
            version = store.active(rows, project)
        settings = version.settings if version else LintSettings()
        return LintRules(
            digest=changing.digest_of(settings),
            rules=[
                LintRule(
                    rule=name,
                    meaning=rule.meaning,
                    weights=rules.weights_of(name, settings),
                    default=rule.default,
                    fixed=rule.fixed,
                )
                for name, rule in sorted(RULES.items())
            ],
            settings=settings,
            since=version.reviewed_at if version else None,
            approved_by=version.reviewer if version else None,
        )

    def changes(self, project: str) -> LintRulesVersions:
        """Return the versions of the project's rules, the newest first."""
        with self._database.read() as rows:
            found = store.newest(rows, project, MOST_VERSIONS)
        return LintRulesVersions(items=[_shown(one) for one in found])

    def propose(
        self, caller: Caller, project: str, settings: LintSettings, reason: str
    ) -> LintRulesVersion:
        """Offer other rules for review. Raises Invalid, Conflict when they say nothing new."""
        changing.check(settings)
        subject = f"lint_rules:{project}/new"
        with self._audit.change(caller, "notebooks.propose_rules", subject, project) as change:
            present = store.active(change.rows, project)
            before = present.settings if present else LintSettings()
            digest = changing.digest_of(settings)
            if digest == changing.digest_of(before):
                raise Conflict("These rules are in force already.", "Change something first.")
            made = RulesVersion(
                id=new_id(),
                project=project,
                digest=digest,
                settings=settings,
                state=VersionState.PROPOSED,
                loosens=tuple(changing.loosened(before, settings)),
                author=caller.name,
                reason=reason,
                created_at=change.at,
            )
            change.subject = f"lint_rules:{project}/{made.id}"
            store.add(change.rows, made)
            change.note(digest=digest, reason=reason, loosens=list(made.loosens))
        return _shown(made)

    def review(
        self, caller: Caller, project: str, version: str, *, approve: bool, reason: str, digest: str
    ) -> LintRulesVersion:
        """Put proposed rules in force, or reject them; never by their author."""
        subject = f"lint_rules:{project}/{version[:64]}"
        with self._audit.change(caller, "notebooks.review_rules", subject, project) as change:
            found = store.get(change.rows, project, version)
            if found is None:
                raise NotFound(
                    f"There is no change {version[:64]!r} of the lint rules.", "Reload the list."
                )
            made = changing.decided(
                found, approve=approve, person=caller.name, reason=reason, digest=digest,
                at=change.at,
            )  # fmt: skip
            own = {"own": found.author == caller.name}
            self._policy.require(change, "ChangePolicy", caller, project=project, facts=own)
            if approve:
                _retire(change, project)
            store.save(change.rows, made)
            change.note(decision=made.state.value, reason=reason, digest=digest)
        return _shown(made)

    def _version(self, name: str) -> str | None:
        return self._packages.versions([name])[name]


def _retire(change: Change, project: str) -> None:
    present = store.active(change.rows, project)
    if present is not None:
        store.save(change.rows, changing.retired(present))


def _shown(version: RulesVersion) -> LintRulesVersion:
    return LintRulesVersion.model_validate(
        {**vars(version), "state": version.state.value, "loosens": list(version.loosens)}
    )
