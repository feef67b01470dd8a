"""Decides about starts, and keeps sessions from their request to their end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, RowExists, Rows
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.policy.service import PolicyService
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions import idleness, rules, store
from octavo_server.workspaces.sessions.admission import Grant
from octavo_server.workspaces.sessions.beats import Beat, Beats
from octavo_server.workspaces.sessions.domain import (
    HOLDING,
    LOST,
    Admission,
    Choice,
    Failure,
    Session,
    SessionState,
)
from octavo_server.workspaces.sessions.offers import Card, Offer, Offers
from octavo_server.workspaces.sessions.own import OwnWorkspace
from octavo_server.workspaces.sessions.ports import Machine, Nodes
from octavo_server.workspaces.sessions.queue import StartQueue
from octavo_server.workspaces.sessions.views import SessionView, Views
from octavo_server.workspaces.usage.domain import Member, Metered
from octavo_server.workspaces.usage.service import UsageService

__all__ = ["Beat", "Choice", "SessionView", "SessionsService"]

LOST_AFTER = timedelta(minutes=15)
"""A session that nobody has seen for this long is over: its hub is gone."""


@dataclass(frozen=True, kw_only=True)
class Turns:
    """What the hub must know at each look."""

    waiting: list[SessionView]
    """Sessions that are queued or starting, oldest first."""
    stops: list[tuple[Session, str]]
    """Sessions to stop now, and why."""


@dataclass(frozen=True, kw_only=True)
class StartFailures:
    """How starts failed in a span of time."""

    since: datetime
    """Beginning of the span (UTC)."""
    starts: int
    """Starts in the span."""
    by_kind: Mapping[str, int]
    """Failures by class."""
    unknown: Sequence[str]
    """The newest unknown ones, raw."""


class _Again(Exception):
    """The very start that is asked for is under way."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.id)
        self.session = session


class _Taken(Exception):
    """Others have taken what was left of a quota while this start was decided."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(*reasons)
        self.reasons = reasons


class _NoTurn(Exception):
    """It isn't that start's turn any more."""


class SessionsService:
    """Cards, starts, the queue and sessions; ``own`` is what a person does with theirs."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        projects: ProjectsService,
        profiles: ProfilesService,
        usage: UsageService,
        machine: Machine,
        nodes: Nodes,
        clock: Callable[[], datetime],
        terms: Admission | None = None,
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._profiles = profiles
        self._usage = usage
        self._clock = clock
        self.queue = StartQueue(database, profiles, nodes, terms or Admission(), clock)
        self._offers = Offers(
            database, policy, projects, profiles, usage, machine, self.queue, clock
        )
        self._views = Views(projects, profiles, usage, self.queue, clock)
        self.beats = Beats(database, audit, usage, self.queue, clock)
        self.own = OwnWorkspace(database, audit, self.queue, self._views, clock, self._release)

    # ---- cards

    def today(self) -> date:
        """Return the current UTC day."""
        return self._offers.today()

    def cards(self, caller: Caller, project: str) -> list[Card]:
        """Return every profile's card in a project. Raises NotFound for who isn't a member."""
        return self._offers.cards(caller, project)

    def offers(self, hub: Caller, person: str, groups: list[str]) -> list[Offer]:
        """Return what the hub shows a signed-in person. Raises Forbidden for all but the hub."""
        rules.check_hub(hub)
        return self._offers.offers(rules.person_of(person, groups, hub.request_id))

    def followed(self, hub: Caller, linked: str) -> tuple[str, str]:
        """Return the profile that a link leads to, and what to say. Raises Forbidden as above."""
        rules.check_hub(hub)
        return self._offers.followed(linked)

    def decide(self, hub: Caller, person: str, groups: list[str], choice: Choice) -> Card:
        """Return the card of a choice with all that speaks against it; starts nothing.

        A refusal is on the trail.
        """
        rules.check_hub(hub)
        caller = rules.person_of(person, groups, hub.request_id)
        card = self._decided(caller, choice)
        if card.reasons:
            self._keep_refusal(caller, choice, card.reasons)
        return card

    def _decided(self, caller: Caller, choice: Choice) -> Card:
        """Return the card of a choice; one that has none is refused, and that is on the trail."""
        try:
            rules.check_shape(choice)
            return self._offers.decided(caller, choice)
        except (Invalid, NotFound) as error:
            self._keep_refusal(caller, choice, [error.message])
            raise

    def _keep_refusal(self, caller: Caller, choice: Choice, reasons: Sequence[str]) -> None:
        subject, project = rules.trail_place(choice)
        with self._audit.change(caller, "workspaces.start.refused", subject, project) as change:
            change.note(reasons=list(reasons), further=dict(choice.further))

    # ---- start

    def open_session(
        self, hub: Caller, person: str, groups: list[str], choice: Choice
    ) -> SessionView:
        """Grant a start, or put it in the queue; a session still open for the person ends.

        Asking for what waits or starts already answers with that: nobody has two.
        Raises StartRefused with the reasons, NotFound for a foreign project or profile, and
        Invalid for what can't be one.
        """
        rules.check_hub(hub)
        caller = rules.person_of(person, groups, hub.request_id)
        with self._database.read() as rows:
            earlier = store.open_of(rows, person)
        if earlier is not None and not choice.further and _same(earlier, choice):
            return self._queued_view(earlier)
        card = self._decided(caller, choice)
        if card.reasons:
            raise self._refused(caller, choice, card)
        try:
            opened = self._open(caller, choice, card)
        except _Again as again:
            opened = again.session
        except _Taken as taken:
            raise self._refused(caller, choice, replace(card, reasons=taken.reasons)) from taken
        return self._queued_view(opened)

    def _refused(self, caller: Caller, choice: Choice, card: Card) -> rules.StartRefused:
        self._keep_refusal(caller, choice, card.reasons)
        fits = f"What fits: {card.nearest.reason}" if card.nearest else ""
        return rules.StartRefused(" ".join(card.reasons), fits)

    def _open(self, caller: Caller, choice: Choice, card: Card) -> Session:
        session_id = new_id()
        with self._audit.change(
            caller, "workspaces.start", f"session:{session_id}", choice.project
        ) as change:
            store.lock(change.rows)
            facts = self._offers.facts_of(caller, choice.project, card)
            self._policy.require(
                change, "SpawnWorkspace", caller, project=choice.project, facts=facts
            )
            self._end_earlier(change, caller.name, choice, card)
            self._check_quotas(change, caller, choice, card)
            opened = self._asked_for(change, session_id, caller, choice, card)
            try:
                store.add_session(change.rows, opened)
            except RowExists as error:
                raise Conflict(
                    f"{caller.name} has an open workspace already.", "Stop it, or wait for it."
                ) from error
            opened = self._admit_new(change, opened)
            change.note(
                profile=choice.profile, digest=card.version.digest, state=opened.state.value
            )
        return opened

    def _asked_for(
        self, change: Change, session_id: str, caller: Caller, choice: Choice, card: Card
    ) -> Session:
        return Session(
            id=session_id,
            person=caller.name,
            groups=tuple(sorted(caller.groups)),
            project=choice.project,
            team=self._usage.team(caller.groups, choice.project),
            profile=choice.profile,
            profile_version=card.version.version,
            image=rules.image_of(choice, card.version.profile),
            state=SessionState.QUEUED,
            requested_at=change.at,
        )

    def _end_earlier(self, change: Change, person: str, choice: Choice, card: Card) -> None:
        earlier = store.open_of(change.rows, person)
        if earlier is None:
            return
        if rules.same_start(earlier, choice, rules.image_of(choice, card.version.profile)):
            raise _Again(earlier)
        self._close(change, earlier, earlier.metered_until or change.at, "superseded")

    def _check_quotas(self, change: Change, caller: Caller, choice: Choice, card: Card) -> None:
        """Raise _Taken for what others have started since the card was made."""
        if not card.quotas.items:
            return
        member = Member(person=caller.name, groups=caller.groups, project=choice.project)
        state = self._usage.quotas.state_in(change.rows, member)
        reasons = state.reasons(card.version.profile)
        if reasons:
            raise _Taken(reasons)

    def _admit_new(self, change: Change, opened: Session) -> Session:
        turns = self.queue.turns(self.queue.look(change.rows))
        grant = next((one for one in turns if one.session == opened.id), None)
        if grant is None:
            self._usage.hold(change.rows, self._metered(opened))
            return opened
        return self._grant(change, opened, grant)

    def _grant(self, change: Change, session: Session, grant: Grant) -> Session:
        granted = rules.granted(session, grant.pool, grant.gpus, change.at)
        store.save_session(change.rows, session, granted)
        self._usage.hold(change.rows, self._metered(granted))
        change.note(gpus=list(grant.gpus), pool=grant.pool)
        return granted

    # ---- the queue

    def turns(self, hub: Caller) -> Turns:
        """Give turns to whom there is room for; return all that wait, start or must stop."""
        rules.check_hub(hub)
        with self._database.read() as rows:
            sessions = store.open_sessions(rows)
        sight = self.queue.sight(sessions)
        if sight.waiting and self.queue.turns(sight):
            self._admit(hub)
            with self._database.read() as rows:
                sessions = store.open_sessions(rows)
            sight = self.queue.sight(sessions)
        prospects = self.queue.prospects(sight) if sight.waiting else {}
        waiting = [one for one in sessions if one.state is not SessionState.RUNNING]
        return Turns(waiting=self._views.short(waiting, prospects), stops=self._stops(sessions))

    def _admit(self, hub: Caller) -> None:
        """Let in whose turn it is, one change each."""
        with self._database.read() as rows:
            grants = self.queue.turns(self.queue.look(rows))
        for grant in grants:
            spent = self._spent(self.session(grant.session))
            if spent is not None:
                self.end_session(hub, grant.session, self._clock(), spent)
                continue
            subject = f"session:{grant.session}"
            try:
                with self._audit.change(hub, "workspaces.admit", subject) as change:
                    self._give_turn(change, grant.session)
            except _NoTurn:
                continue

    def _spent(self, session: Session) -> str | None:
        """Say what was used up while a start waited: budget or quota; None: neither."""
        if self._usage.budget(session.project).startable_micro_eur <= 0:
            return "budget"
        profile = self.queue.version(session).profile
        limits = self._usage.limits(session.person, session.groups, session.project, profile)
        return limits.stop

    def _give_turn(self, change: Change, session_id: str) -> None:
        """Let one in, if it is still its turn: others may have come in, or left, meanwhile."""
        store.lock(change.rows)
        turns = self.queue.turns(self.queue.look(change.rows))
        grant = next((one for one in turns if one.session == session_id), None)
        session = store.session(change.rows, session_id)
        if grant is None or session is None:
            raise _NoTurn
        self._grant(change, session, grant)
        change.note(person=session.person, profile=session.profile)

    def _stops(self, sessions: Sequence[Session]) -> list[tuple[Session, str]]:
        now = self._clock()
        found = []
        for one in sessions:
            if one.state in HOLDING:
                reason = idleness.due(one, self.queue.version(one).profile, now)
                if reason is not None:
                    found.append((one, reason))
        return found

    def _queued_view(self, session: Session) -> SessionView:
        return self._views.one(session, self.queue.prospect(session))

    # ---- life and end

    def started(
        self, hub: Caller, session_id: str, at: datetime, *, rescue: bool = False, notice: str = ""
    ) -> SessionView:
        """Note that a workspace answers; saying it again changes nothing."""
        rules.check_hub(hub)
        found = self.session(session_id)
        if found.state is SessionState.RUNNING:
            return self._views.one(found)
        subject = f"session:{session_id}"
        with self._audit.change(hub, "workspaces.started", subject, found.project) as change:
            store.lock(change.rows)
            newest = store.session(change.rows, session_id) or found
            running = rules.started(newest, at, change.at)
            running = rules.told(running, "home", [notice], change.at)
            running = rules.rescued(running, rescue=rescue)
            store.save_session(change.rows, newest, running)
            change.note(person=found.person, profile=found.profile, rescue=rescue)
        return self._views.one(running)

    def end_session(
        self,
        hub: Caller,
        session_id: str,
        until: datetime,
        reason: str,
        failure: Failure | None = None,
    ) -> SessionView:
        """Meter a session a last time and close it; closing it again changes nothing."""
        rules.check_hub(hub)
        found = self.session(session_id)
        if found.state is SessionState.ENDED:
            return self._views.one(found)
        subject = f"session:{session_id}"
        with self._audit.change(hub, "workspaces.end", subject, found.project) as change:
            store.lock(change.rows)
            newest = store.session(change.rows, session_id) or found
            if newest.state is not SessionState.ENDED:
                newest = self._close(change, newest, until, reason, failure)
            kind = failure.kind if failure else None
            change.note(person=found.person, reason=reason, profile=found.profile, failure=kind)
        return self._views.one(newest)

    def _close(
        self,
        change: Change,
        session: Session,
        until: datetime,
        reason: str,
        failure: Failure | None = None,
    ) -> Session:
        last = rules.ended(session, until, reason, change.at, failure)
        store.save_session(change.rows, session, last)
        self._release(change.rows, last)
        return last

    def _release(self, rows: Rows, session: Session) -> None:
        """Give back what an ended session held of the quotas."""
        self._usage.book(rows, self._metered(session, ended=True))

    def _metered(self, session: Session, *, ended: bool = False) -> Metered:
        return self.beats.metered(session, None, ended=ended)

    # ---- what others ask

    def session(self, session_id: str) -> Session:
        """Return a session. Raises NotFound."""
        with self._database.read() as rows:
            found = store.session(rows, session_id)
        if found is None:
            raise NotFound(f"There is no session {session_id[:64]!r}.", "Start a new workspace.")
        return found

    def open_of(self, person: str) -> Session | None:
        """Return a person's open session: queued, starting or running; None: there is none."""
        with self._database.read() as rows:
            return store.open_of(rows, person)

    def open_now(self) -> list[Session]:
        """Return all open sessions, in the order of their requests."""
        with self._database.read() as rows:
            return store.open_sessions(rows)

    def open_for(self, hub: Caller) -> list[Session]:
        """Return all open sessions to the hub. Raises Forbidden for anybody else."""
        rules.check_hub(hub)
        return self.open_now()

    def failures(self, days: int) -> StartFailures:
        """Return how starts failed in the last days, the unknown ones counted and shown."""
        since = self._clock() - timedelta(days=days)
        with self._database.read() as rows:
            starts = store.count_since(rows, since)
            failed = store.failed_since(rows, since)
        kinds = [kind for kind, _, _ in failed]
        unknown = [raw or text for kind, text, raw in failed if kind == "unknown"]
        return StartFailures(
            since=since,
            starts=starts,
            by_kind={kind: kinds.count(kind) for kind in sorted({*kinds, "unknown"})},
            unknown=unknown[:20],
        )

    def book_orphan(
        self,
        hub: Caller,
        *,
        where: str,
        person: str | None,
        project: str | None,
        profile: str | None,
        since: datetime,
        until: datetime,
    ) -> None:
        """Book a server that ran without a session; telling of it again changes nothing.

        Raises Forbidden for all but the hub, NotFound for a profile that never was.
        """
        rules.check_hub(hub)
        known = self._profiles.newest()
        version = self._profiles.at(profile, since) if profile in known and profile else None
        with self._audit.change(hub, "workspaces.orphan", f"orphan:{where}", project) as change:
            self._usage.book(
                change.rows,
                Metered(
                    kind="orphan",
                    subject=f"{where}@{since.astimezone(UTC):%Y%m%dT%H%M%S}"[-128:],
                    person=person or "",
                    project=project or "",
                    version=version,
                    since=since,
                    until=min(until, change.at),
                    ended=True,
                ),
            )
            change.note(
                person=person, profile=profile, since=since.isoformat(), until=until.isoformat()
            )

    # ---- from time to time

    def end_lost(self) -> int:
        """End what nobody has seen for 15 minutes, keep the queue's quota; return how many."""
        caller = service_caller("worker")
        with self._database.read() as rows:
            lost = store.unseen(rows, self._clock() - LOST_AFTER)
            waiting = [one for one in store.open_sessions(rows) if one.state not in HOLDING]
        for one in lost:
            subject = f"session:{one.id}"
            with self._audit.change(caller, "workspaces.end", subject, one.project) as change:
                store.lock(change.rows)
                newest = store.session(change.rows, one.id) or one
                if newest.state in HOLDING and newest.metered_until == one.metered_until:
                    self._close(change, newest, newest.metered_until or change.at, LOST)
                change.note(person=one.person, reason=LOST, profile=one.profile)
        if waiting:
            with self._database.write() as rows:
                for one in waiting:
                    self._usage.hold(rows, self._metered(one))
        return len(lost)


def _same(session: Session, choice: Choice) -> bool:
    """Whether a choice is what waits or starts already; no image chosen means the same one."""
    return rules.same_start(session, choice, choice.image or session.image)
