"""Decides about starts, and keeps sessions from their request to their end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import Forbidden, Invalid, NotFound
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.policy.service import PolicyService
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.domain import ProfileVersion
from octavo_server.workspaces.profiles.rules import outsider
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions import rules, store
from octavo_server.workspaces.sessions.domain import (
    LOST,
    Card,
    MachineFacts,
    Session,
    SessionState,
)
from octavo_server.workspaces.sessions.ports import Machine
from octavo_server.workspaces.usage.domain import Budget, Metered
from octavo_server.workspaces.usage.service import UsageService

LOST_AFTER = timedelta(minutes=15)
"""A session that nobody has seen for this long is over: its hub is gone."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One project with its cards, for one person."""

    project: str
    """Name of the project."""
    title: str
    """Name for people."""
    description: str
    """What it is about."""
    role: str
    """The person's roles in it, in words."""
    cards: tuple[Card, ...]
    """Cheapest first."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person chose to start."""

    project: str
    """Project to work in."""
    profile: str
    """Profile to start."""
    digest: str | None
    """Digest of the version the person saw; None when they saw none."""


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """A session with what belongs to it."""

    session: Session
    """The session."""
    version: ProfileVersion
    """The profile version it was started with."""
    template: str | None
    """Template the project was made from."""
    seconds: float
    """Metered seconds."""
    cost_micro_eur: int
    """Metered cost, in millionths of a euro."""
    budget: Budget
    """The project's budget of this month."""
    today: date
    """The current UTC day."""


class SessionsService:
    """Cards, starts and sessions."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        projects: ProjectsService,
        profiles: ProfilesService,
        usage: UsageService,
        machine: Machine,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._projects = projects
        self._profiles = profiles
        self._usage = usage
        self._machine = machine
        self._clock = clock

    # ---- cards

    def today(self) -> date:
        """Return the current UTC day."""
        return self._clock().astimezone(UTC).date()

    def cards(self, caller: Caller, project: str) -> list[Card]:
        """Return every profile's card in a project. Raises NotFound for who isn't a member."""
        if not self._projects.project_roles(caller, project):
            raise NotFound(
                f"There is no project {project[:100]!r} that you belong to.",
                "Check the name, or ask the project's admin to add you.",
            )
        budget = self._usage.budget(project)
        offered = self._profiles.offered()
        cards = [self._card(caller, project, version, budget) for version in offered]
        return sorted(cards, key=self._by_price)

    def offers(self, hub: Caller, person: str, groups: list[str]) -> list[Offer]:
        """Return what the hub shows a signed-in person. Raises Forbidden for all but the hub."""
        rules.check_hub(hub)
        caller = rules.person_of(person, groups, hub.request_id)
        return [
            Offer(
                project=project.name,
                title=project.title,
                description=project.description,
                role=" and ".join(sorted(roles)),
                cards=tuple(self.cards(caller, project.name)),
            )
            for project, roles in self._projects.mine(caller)
        ]

    def _facts(self) -> MachineFacts:
        """Return what the machine has, and how much of it workspaces hold."""
        machine = self._machine.facts()
        if not machine.gpus:
            return machine
        with self._database.read() as rows:
            running = store.running(rows)
        held = [self._profiles.version(one.profile, one.profile_version) for one in running]
        return replace(machine, gpus_taken=sum(one.profile.gpu for one in held))

    def _card(self, person: Caller, project: str, version: ProfileVersion, budget: Budget) -> Card:
        profile, machine = version.profile, self._facts()
        left = budget.left_micro_eur
        facts = rules.facts(profile, person.groups, machine, left, self.today())
        decision = self._policy.decide("SpawnWorkspace", person, project=project, facts=facts)
        own = list(rules.obstacles(profile, machine))
        if not facts["audience"]:
            own.append(outsider(profile))
        reasons = () if decision.allowed else tuple(own) or decision.reasons
        return Card(
            version=version,
            reasons=reasons,
            notes=() if reasons else rules.shortfalls(profile, machine),
            budget=budget,
            policy_digest=decision.policy_digest,
        )

    # ---- sessions

    def decide(self, hub: Caller, person: str, groups: list[str], choice: Choice) -> Card:
        """Return the card of a choice with all that speaks against it; changes nothing."""
        rules.check_hub(hub)
        return self._decided(rules.person_of(person, groups, hub.request_id), choice)

    def _decided(self, person: Caller, choice: Choice) -> Card:
        cards = {card.version.profile.id: card for card in self.cards(person, choice.project)}
        if choice.profile not in cards:
            raise Invalid(
                f"profile: there is no profile {choice.profile!r}.",
                f"Use one of: {', '.join(sorted(cards))}.",
            )
        card = cards[choice.profile]
        stale = rules.changed_since(choice.digest, card.version, self.today())
        return card if stale is None else Card(**{**vars(card), "reasons": (stale, *card.reasons)})

    def open_session(
        self, hub: Caller, person: str, groups: list[str], choice: Choice
    ) -> SessionView:
        """Grant a start and begin metering it; a session still open for the person ends.

        Raises PolicyRefused or Forbidden with the reasons, NotFound for a foreign project.
        """
        rules.check_hub(hub)
        caller = rules.person_of(person, groups, hub.request_id)
        card = self._decided(caller, choice)
        if card.reasons:
            raise Forbidden(" ".join(card.reasons), "Choose another profile or project.")
        session_id = new_id()
        with self._audit.change(
            caller, "workspaces.start", f"session:{session_id}", choice.project
        ) as change:
            self._require(change, caller, choice, card)
            self._end_earlier(change, person)
            opened = self._opened(change, session_id, person, choice, card)
            store.add_session(change.rows, opened)
            change.note(profile=choice.profile, digest=card.version.digest)
        return self.view(opened)

    def _require(self, change: Change, caller: Caller, choice: Choice, card: Card) -> None:
        left = card.budget.left_micro_eur
        machine = self._facts()
        facts = rules.facts(card.version.profile, caller.groups, machine, left, self.today())
        self._policy.require(change, "SpawnWorkspace", caller, project=choice.project, facts=facts)

    def _opened(
        self, change: Change, session_id: str, person: str, choice: Choice, card: Card
    ) -> Session:
        return Session(
            id=session_id,
            person=person,
            project=choice.project,
            profile=choice.profile,
            profile_version=card.version.version,
            state=SessionState.RUNNING,
            started_at=change.at,
            metered_until=change.at,
            active_at=change.at,
        )

    def _end_earlier(self, change: Change, person: str) -> None:
        lost: Where = ("metered_until", "<", change.at - LOST_AFTER)
        for one in store.running(change.rows, ("person", "=", person)):
            self._close(change, one, one.metered_until, "superseded")
        for one in store.running(change.rows, lost):
            self._close(change, one, one.metered_until, LOST)

    def heartbeat(
        self, hub: Caller, session_id: str, until: datetime, active_at: datetime | None
    ) -> SessionView:
        """Meter a running session up to a moment; the same or an earlier one changes nothing."""
        rules.check_hub(hub)
        self._revive_if_lost(hub, session_id)
        with self._database.write() as rows:
            found = self._found(store.session(rows, session_id), session_id)
            beaten = rules.metered(found, until, active_at, self._clock())
            store.save_session(rows, beaten)
            self._book(rows, beaten)
        return self.view(beaten)

    def _revive_if_lost(self, hub: Caller, session_id: str) -> None:
        """Let a workspace go on that outlived an outage of the platform."""
        with self._database.read() as rows:
            found = self._found(store.session(rows, session_id), session_id)
        if rules.is_lost(found):
            subject = f"session:{session_id}"
            with self._audit.change(hub, "workspaces.revive", subject, found.project) as change:
                store.save_session(change.rows, rules.revived(found))
                change.note(person=found.person, profile=found.profile)

    def end_session(
        self, hub: Caller, session_id: str, until: datetime, reason: str
    ) -> SessionView:
        """Meter a session a last time and close it; closing it again changes nothing."""
        rules.check_hub(hub)
        with self._database.read() as rows:
            found = self._found(store.session(rows, session_id), session_id)
        if found.state is SessionState.ENDED:
            return self.view(found)
        subject = f"session:{session_id}"
        with self._audit.change(hub, "workspaces.end", subject, found.project) as change:
            last = self._close(change, found, until, reason)
            change.note(person=found.person, reason=reason, profile=found.profile)
        return self.view(last)

    def _close(self, change: Change, session: Session, until: datetime, reason: str) -> Session:
        last = rules.ended(session, until, reason, change.at)
        store.save_session(change.rows, last)
        self._book(change.rows, last)
        return last

    def _book(self, rows: Rows, session: Session) -> None:
        self._usage.book(
            rows,
            Metered(
                kind="session",
                subject=session.id,
                person=session.person,
                project=session.project,
                version=self._profiles.version(session.profile, session.profile_version),
                since=session.started_at,
                until=session.metered_until,
            ),
        )

    def _found(self, session: Session | None, session_id: str) -> Session:
        if session is None:
            raise NotFound(f"There is no session {session_id[:64]!r}.", "Start a new workspace.")
        return session

    def view(self, session: Session) -> SessionView:
        """Return a session with its profile version, its cost and the project's budget."""
        project = self._projects.get(session.project)
        seconds, cost_micro_eur = self._usage.total("session", session.id)
        return SessionView(
            session=session,
            version=self._profiles.version(session.profile, session.profile_version),
            template=project.template,
            seconds=seconds,
            cost_micro_eur=cost_micro_eur,
            budget=self._usage.budget(session.project),
            today=self.today(),
        )

    def end_lost(self) -> int:
        """End the sessions that nobody has seen for 15 minutes; return how many there were."""
        caller = service_caller("worker")
        with self._database.read() as rows:
            lost = store.running(rows, ("metered_until", "<", self._clock() - LOST_AFTER))
        for one in lost:
            subject = f"session:{one.id}"
            with self._audit.change(caller, "workspaces.end", subject, one.project) as change:
                self._close(change, one, one.metered_until, LOST)
                change.note(person=one.person, reason=LOST, profile=one.profile)
        return len(lost)

    def _by_price(self, card: Card) -> tuple[int, str]:
        profile = card.version.profile
        return profile.price_on(self.today()), profile.id
