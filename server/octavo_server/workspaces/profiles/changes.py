"""Changes profiles under four eyes: proposed, validated, reviewed, and live at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import Invalid, NotFound
from octavo_server.identity import Caller, new_id
from octavo_server.policy.service import PolicyService
from octavo_server.workspaces.profiles import change_rules, publishing, rules, store
from octavo_server.workspaces.profiles.checking import DocumentChecker
from octavo_server.workspaces.profiles.domain import (
    ChangeKind,
    ChangeState,
    ProfileChange,
    ProfileVersion,
)
from octavo_server.workspaces.profiles.findings import Checked, Finding


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody wants to happen to a profile."""

    kind: ChangeKind
    """What is to happen."""
    profile: str
    """Which profile."""
    reason: str
    """Why."""
    text: str | None = None
    """For publish: the document as YAML."""
    to_version: int | None = None
    """For roll_back: the version to go back to."""
    redirect_to: str | None = None
    """For retire: where people are led."""
    message: str = ""
    """For retire: what people are told."""
    draft: bool = False
    """True: keep it as a draft, even with faults."""
    base_version: int | None = None
    """Version it was made for; None: the newest one."""


class ChangesService:
    """Proposals and their reviews."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        checker: DocumentChecker,
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._checker = checker

    # ---- reading

    def change(self, change_id: str) -> ProfileChange:
        """Return one change. Raises NotFound."""
        with self._database.read() as rows:
            return _known(store.change(rows, change_id), change_id)

    def changes(
        self,
        profile: str | None = None,
        state: ChangeState | None = None,
        *,
        limit: int = 50,
        offset: int = 0,
    ) -> list[ProfileChange]:
        """Return changes, newest first."""
        where: list[Where] = []
        where += [("profile", "=", profile)] if profile is not None else []
        where += [("state", "=", state.value)] if state is not None else []
        with self._database.read() as rows:
            return store.changes(rows, *where, limit=limit, offset=offset)

    # ---- proposing

    def propose(self, caller: Caller, wanted: Wanted) -> ProfileChange:
        """Offer a change for review, or keep it as a draft.

        Raises DocumentRefused, a 422 on the trail, for a document with errors that is no draft;
        NotFound, Invalid and Conflict for what can't be done to this profile.
        """
        _check_complete(wanted)
        checked = self._checked(wanted)
        subject = f"profile:{wanted.profile}"
        with self._audit.change(caller, "profiles.propose", subject) as change:
            change.rows.lock(subject)
            offered = store.current_profiles(change.rows)
            newest = offered.get(wanted.profile)
            if wanted.base_version is not None:
                self._check_base(change.rows, wanted.profile, wanted.base_version, newest)
            drafted = ProfileChange(
                id=new_id(),
                kind=wanted.kind,
                profile=wanted.profile,
                state=ChangeState.DRAFT,
                text="",
                digest="",
                base_version=newest.version if newest else None,
                author=caller.name,
                reason=wanted.reason,
                created_at=change.at,
            )
            made = self._filled(change.rows, drafted, wanted, checked, offered)
            store.add_change(change.rows, made)
            _note(change, made)
        return made

    def edit(
        self,
        caller: Caller,
        change_id: str,
        *,
        text: str,
        reason: str,
        draft: bool,
        base_version: int | None,
    ) -> ProfileChange:
        """Change the document of one's own proposal; it is then reviewed anew.

        ``base_version`` says that it has been carried over to a newer version.
        """
        found = self.change(change_id)
        if found.kind is not ChangeKind.PUBLISH:
            raise Invalid(
                f"text: the change {change_id[:64]} is to {found.kind}; it has no document.",
                "Withdraw it and propose another one.",
            )
        wanted = Wanted(
            kind=found.kind,
            profile=found.profile,
            reason=reason,
            text=text,
            draft=draft,
            base_version=found.base_version if base_version is None else base_version,
        )
        checked = self._checked(wanted)
        with self._audit.change(caller, "profiles.edit", f"profile:{found.profile}") as change:
            change.rows.lock(change.subject)
            now = _known(store.change(change.rows, change_id), change_id)
            change_rules.check_author(now, caller.name)
            change_rules.check_move(now, ChangeState.DRAFT)
            offered = store.current_profiles(change.rows)
            base = wanted.base_version
            self._check_base(change.rows, now.profile, base, offered.get(now.profile))
            edited = replace(now, reason=reason, base_version=base)
            edited = self._filled(change.rows, edited, wanted, checked, offered)
            store.save_change(change.rows, edited)
            _note(change, edited)
        return edited

    def submit(self, caller: Caller, change_id: str) -> ProfileChange:
        """Offer one's own draft for review. Raises DocumentRefused while it has errors."""
        found = self.change(change_id)
        checked = self._checked_again(found)
        with self._audit.change(caller, "profiles.submit", f"profile:{found.profile}") as change:
            change.rows.lock(change.subject)
            now = _known(store.change(change.rows, change_id), change_id)
            change_rules.check_author(now, caller.name)
            change_rules.check_move(now, ChangeState.VALIDATED)
            self._check_still(change.rows, now, checked)
            findings = _as_json(checked.findings) if checked else now.findings
            validated = replace(now, state=ChangeState.VALIDATED, findings=findings)
            store.save_change(change.rows, validated)
            _note(change, validated)
        return validated

    def withdraw(self, caller: Caller, change_id: str) -> ProfileChange:
        """Take a proposal back: one's own, or a draft that its author has left behind."""
        found = self.change(change_id)
        with self._audit.change(caller, "profiles.withdraw", f"profile:{found.profile}") as change:
            change.rows.lock(change.subject)
            now = _known(store.change(change.rows, change_id), change_id)
            if now.state is not ChangeState.DRAFT:
                change_rules.check_author(now, caller.name)
            change_rules.check_move(now, ChangeState.WITHDRAWN)
            withdrawn = replace(now, state=ChangeState.WITHDRAWN)
            store.save_change(change.rows, withdrawn)
            _note(change, withdrawn)
        return withdrawn

    # ---- reviewing

    def review(
        self, caller: Caller, change_id: str, *, approve: bool, reason: str, digest: str
    ) -> ProfileChange:
        """Put a change in force at once, or reject it; never by its author.

        Raises Forbidden for the author, Conflict when the profile was changed meanwhile,
        DocumentRefused when what was valid then is no longer, PolicyRefused.
        """
        found = self.change(change_id)
        checked = self._checked_again(found) if approve else None
        to = ChangeState.PUBLISHED if approve else ChangeState.REJECTED
        with self._audit.change(caller, "profiles.review", f"profile:{found.profile}") as change:
            change.rows.lock("profiles")  # a retirement depends on where others lead
            change.rows.lock(change.subject)
            now = _known(store.change(change.rows, change_id), change_id)
            change_rules.check_four_eyes(now, caller.name)
            change_rules.check_waits(now, to)
            change_rules.check_seen(now, digest)
            decided = replace(
                now, state=to, reviewer=caller.name, review_reason=reason, reviewed_at=change.at
            )
            change.note(decision=to.value)
            if approve:
                decided = self._put_in_force(change, decided, checked)
            store.save_change(change.rows, decided)
            _note(change, decided)
        return decided

    def _put_in_force(
        self, change: Change, decided: ProfileChange, checked: Checked | None
    ) -> ProfileChange:
        newest = self._check_still(change.rows, decided, checked)
        made = publishing.outcome(decided, newest, checked, change.at)
        facts = change_rules.policy_facts(decided, change.caller.name, made)
        self._policy.require(change, "ChangeProfile", change.caller, project="*", facts=facts)
        publishing.put_in_force(change.rows, decided, newest, made)
        content = rules.content_of(made.profile)
        change.note(version=made.version, content_digest=made.digest, content=content)
        return replace(decided, version=made.version)

    # ---- both

    def _checked(self, wanted: Wanted) -> Checked | None:
        """Return what checking the document found, before any transaction: it asks the Hub."""
        if wanted.kind is ChangeKind.RETIRE:
            return None
        text = wanted.text or ""
        if wanted.kind is ChangeKind.ROLL_BACK:
            text = self._text_of(wanted.profile, wanted.to_version or 0)
        return self._checker.check(text, f"{wanted.profile}.yaml", None)

    def _checked_again(self, found: ProfileChange) -> Checked | None:
        if found.kind is ChangeKind.RETIRE:
            return None
        return self._checker.check(found.text, f"{found.profile}.yaml", None)

    def _text_of(self, profile: str, version: int) -> str:
        with self._database.read() as rows:
            target = store.profile_version(rows, profile, version)
        if target is None:
            raise NotFound(
                f"{profile[:63]} has no version {version}.", "Look at the profile's versions."
            )
        return target.text or self._checker.canonical(target.profile)

    def _filled(
        self,
        rows: Rows,
        drafted: ProfileChange,
        wanted: Wanted,
        checked: Checked | None,
        offered: dict[str, ProfileVersion],
    ) -> ProfileChange:
        """Return the change with all that is reviewed. Raises what speaks against it."""
        names = [name for name, one in offered.items() if one.offered]
        newest = offered.get(wanted.profile)
        findings = list(checked.findings) if checked else []
        if checked is None:
            retired = _existing(newest, wanted.profile)
            change_rules.check_retirable(retired, wanted.redirect_to, names)
            target = offered.get(wanted.redirect_to or "")
            findings = change_rules.retirement_remarks(
                retired.profile, target.profile if target else None
            )
        elif wanted.kind is ChangeKind.ROLL_BACK:
            target = store.profile_version(rows, wanted.profile, wanted.to_version or 0)
            if target is not None:
                change_rules.check_goes_back(_existing(newest, wanted.profile), target)
        elif checked.profile is not None:
            change_rules.check_no_retirement(wanted.profile, checked.retirement)
            change_rules.check_changes_something(newest, rules.digest_of(checked.profile))
        if checked is not None and checked.errors and not wanted.draft:
            change_rules.refuse_errors(checked.errors)
        made = replace(
            drafted,
            state=ChangeState.DRAFT if wanted.draft else ChangeState.VALIDATED,
            text=checked.text if checked else "",
            to_version=wanted.to_version,
            redirect_to=wanted.redirect_to,
            message=wanted.message,
            diff=self.difference(newest, checked),
            findings=_as_json(findings),
        )
        return replace(made, digest=change_rules.digest_of(made))

    def difference(self, newest: ProfileVersion | None, checked: Checked | None) -> str:
        """Return the difference of a document to the newest version's; empty without one."""
        if checked is None or checked.profile is None:
            return ""
        name = checked.profile.id
        before = self._checker.canonical(newest.profile) if newest else ""
        return change_rules.difference(
            before,
            self._checker.canonical(checked.profile),
            f"{name} version {newest.version}" if newest else "(new)",
            f"{name} as proposed",
        )

    def _check_still(
        self, rows: Rows, now: ProfileChange, checked: Checked | None
    ) -> ProfileVersion | None:
        """Return the newest version. Raises when the change doesn't hold any more."""
        offered = store.current_profiles(rows)
        newest = offered.get(now.profile)
        self._check_base(rows, now.profile, now.base_version, newest)
        if checked is not None:
            change_rules.refuse_errors(checked.errors)
        else:
            names = [name for name, one in offered.items() if one.offered]
            change_rules.check_retirable(_existing(newest, now.profile), now.redirect_to, names)
        return newest

    def _check_base(
        self, rows: Rows, profile: str, based_on: int | None, newest: ProfileVersion | None
    ) -> None:
        base = store.profile_version(rows, profile, based_on) if based_on is not None else None
        what = ""
        if base is not None and newest is not None and base.version != newest.version:
            what = change_rules.difference(
                self._checker.canonical(base.profile),
                self._checker.canonical(newest.profile),
                f"{profile} version {base.version}",
                f"{profile} version {newest.version}",
            )
        change_rules.check_base(profile, based_on, newest, what)


def _check_complete(wanted: Wanted) -> None:
    """Raise Invalid unless exactly the fields of the kind are given, in plain words."""
    needs = {
        ChangeKind.PUBLISH: ("text", wanted.text),
        ChangeKind.ROLL_BACK: ("version", wanted.to_version),
        ChangeKind.RETIRE: ("message", wanted.message.strip() or None),
    }
    name, value = needs[wanted.kind]
    if value is None:
        raise Invalid(f"{name} is missing; {wanted.kind} needs it.", f"Send {name}.")
    others = {
        "text": wanted.text,
        "version": wanted.to_version,
        "redirect_to": wanted.redirect_to,
        "message": wanted.message or None,
    }
    own = {name, "redirect_to"} if wanted.kind is ChangeKind.RETIRE else {name}
    odd = sorted(field for field, given in others.items() if given is not None and field not in own)
    if odd:
        raise Invalid(f"{odd[0]} doesn't go with {wanted.kind}.", f"Leave {odd[0]} out.")


def _existing(newest: ProfileVersion | None, profile: str) -> ProfileVersion:
    if newest is None:
        raise NotFound(f"There is no profile {profile[:63]!r}.", "Look at the list of profiles.")
    return newest


def _known(change: ProfileChange | None, change_id: str) -> ProfileChange:
    if change is None:
        raise NotFound(
            f"There is no change {change_id[:64]!r} of a profile.", "Look at the list of changes."
        )
    return change


def _as_json(findings: Iterable[Finding]) -> tuple[dict[str, object], ...]:
    return tuple(dict(vars(one)) for one in findings)


def _note(change: Change, made: ProfileChange) -> None:
    change.note(
        change=made.id,
        kind=made.kind.value,
        state=made.state.value,
        digest=made.digest,
        base_version=made.base_version,
        reason=made.review_reason or made.reason,
    )
