"""What people are offered: cards, and the decision about one choice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from octavo_server.database.rows import Database
from octavo_server.errors import NotFound
from octavo_server.identity import Caller
from octavo_server.policy.service import PolicyService
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.domain import ProfileVersion
from octavo_server.workspaces.profiles.findings import NodePool
from octavo_server.workspaces.profiles.rules import in_audience, outline, outsider
from octavo_server.workspaces.profiles.service import ProfilesService, Resolved, Retired
from octavo_server.workspaces.sessions import fit_rules, rules
from octavo_server.workspaces.sessions.domain import Choice
from octavo_server.workspaces.sessions.fit_rules import Fit
from octavo_server.workspaces.sessions.ports import Machine
from octavo_server.workspaces.sessions.queue import Sight, StartQueue
from octavo_server.workspaces.usage.domain import Budget, QuotaState
from octavo_server.workspaces.usage.service import UsageService


@dataclass(frozen=True, kw_only=True)
class Card:
    """A profile as one person sees it in one project."""

    version: ProfileVersion
    """The profile's current version; an outline of it for whom it isn't."""
    reasons: tuple[str, ...]
    """Why it can't be asked for, in sentences; empty when it can."""
    notes: tuple[str, ...]
    """What to know before starting, in sentences."""
    budget: Budget
    """The project's budget."""
    quotas: QuotaState
    """The quotas that hold for the person in the project."""
    free_now: int
    """How many more fit now; 0 where only the decision was asked for."""
    expected_wait_s: float
    """Expected wait before it would start, in seconds; 0 where only the decision was asked for."""
    nearest: Fit | None = None
    """For one that isn't available: what to start instead."""
    policy_digest: str
    """The policies that decided."""


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
class Table:
    """What all cards of one person in one project share."""

    person: Caller
    """Who looks."""
    project: str
    """The project."""
    budget: Budget
    """Its budget of this month."""
    quotas: QuotaState
    """What the quotas leave."""
    pools: tuple[NodePool, ...]
    """What workspaces run on."""
    sight: Sight | None
    """What there is room for; None where nobody asks how long it takes."""
    today: date
    """The current UTC day."""


class Offers:
    """Cards and decisions; changes nothing."""

    def __init__(
        self,
        database: Database,
        policy: PolicyService,
        projects: ProjectsService,
        profiles: ProfilesService,
        usage: UsageService,
        machine: Machine,
        queue: StartQueue,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._policy = policy
        self._projects = projects
        self._profiles = profiles
        self._usage = usage
        self._machine = machine
        self._queue = queue
        self._clock = clock

    def today(self) -> date:
        """Return the current UTC day."""
        return self._clock().astimezone(UTC).date()

    def cards(self, caller: Caller, project: str) -> list[Card]:
        """Return every profile's card in a project. Raises NotFound for who isn't a member."""
        return self._cards(self._table(caller, project, self._sight()))

    def followed(self, linked: str) -> tuple[str, str]:
        """Return the profile that a link's profile leads to, or nothing, and what to say of it."""
        try:
            found = self._profiles.resolve(linked)
        except Retired as gone:
            return "", f"{gone.message} {gone.remedy}"
        except NotFound:
            return "", ""
        return found.version.profile.id, found.said

    def offers(self, caller: Caller) -> list[Offer]:
        """Return all projects of a person, with their cards."""
        sight = self._sight()
        return [
            Offer(
                project=project.name,
                title=project.title,
                description=project.description,
                role=" and ".join(sorted(roles)),
                cards=tuple(self._cards(self._table(caller, project.name, sight))),
            )
            for project, roles in self._projects.mine(caller)
        ]

    def decided(self, caller: Caller, choice: Choice) -> Card:
        """Return the card of a choice, with all that speaks against it and what to take instead.

        Raises NotFound for a project or a profile that the person can't know of.
        """
        # Whether it may start doesn't depend on how many others do: the queue is looked at later.
        table = self._table(caller, choice.project, None)
        led = self._profiles.resolve(choice.profile)
        if led.said:
            return self._led_on(table, led)
        version = led.version
        card = self._card(table, version)
        stale = rules.changed_since(choice.digest, version, table.today)
        inside = in_audience(version.profile, caller.groups)
        wrong = rules.wrong_image(choice, version.profile) if inside else ()
        reasons = (*rules.smuggled(choice.further), *((stale,) if stale else ()), *wrong)
        card = replace(card, reasons=(*reasons, *card.reasons))
        if not card.reasons:
            return card
        # Where the option alone was wrong, the profile itself is the nearest.
        own = fit_rules.as_it_is(version, table.today)
        others = self._cards(table)
        mine = next((one for one in others if one.version.profile.id == choice.profile), card)
        return replace(card, nearest=own if not mine.reasons else mine.nearest)

    def _led_on(self, table: Table, led: Resolved) -> Card:
        """Return the card that a retired profile leads to: never started unseen."""
        card = self._card(table, led.version)
        to = fit_rules.Fit(version=led.version, reason=f"{led.version.profile.title} instead.")
        return replace(
            card, reasons=(led.said, *card.reasons), nearest=to if not card.reasons else None
        )

    def _sight(self) -> Sight:
        with self._database.read() as rows:
            return self._queue.look(rows)

    def _table(self, caller: Caller, project: str, sight: Sight | None) -> Table:
        if not self._projects.project_roles(caller, project):
            raise NotFound(
                f"There is no project {project[:100]!r} that you belong to.",
                "Check the name, or ask the project's admin to add you.",
            )
        return Table(
            person=caller,
            project=project,
            budget=self._usage.budget(project),
            quotas=self._usage.quota_state(caller.name, caller.groups, project),
            pools=sight.pools if sight else self._queue.pools(),
            sight=sight,
            today=self.today(),
        )

    def _cards(self, table: Table) -> list[Card]:
        cards = [self._card(table, version) for version in self._profiles.offered()]
        cards.sort(key=lambda card: self._by_price(card, table.today))
        open_to = [card.version for card in cards if not card.reasons]
        return [
            replace(card, nearest=fit_rules.nearest(card.version, open_to, table.today))
            if card.reasons
            else card
            for card in cards
        ]

    def _card(self, table: Table, version: ProfileVersion) -> Card:
        profile, pools = version.profile, table.pools
        decision = self._policy.decide(
            "SpawnWorkspace",
            table.person,
            project=table.project,
            facts=self.facts(table, version),
        )
        inside = in_audience(profile, table.person.groups)
        own = rules.obstacles(profile, pools) if inside else (outsider(profile),)
        refusals = () if decision.allowed else own or decision.reasons
        reasons = (*refusals, *table.quotas.reasons(profile))
        free, wait = 0, 0.0
        if table.sight is not None:
            free = self._queue.free_now(table.sight, profile)
            wait = 0.0 if reasons else self._queue.wait_for(table.sight, profile).total_seconds()
        return Card(
            version=version if inside or decision.allowed else outline(version),
            reasons=reasons,
            notes=() if reasons else rules.shortfalls(profile, self._machine.facts(), pools),
            budget=table.budget,
            quotas=table.quotas,
            free_now=free,
            expected_wait_s=wait,
            policy_digest=decision.policy_digest,
        )

    def facts(self, table: Table, version: ProfileVersion) -> dict[str, object]:
        """Return the facts on which policy decides about a start."""
        left = table.budget.startable_micro_eur
        return rules.facts(version.profile, table.person.groups, table.pools, left, table.today)

    def facts_of(self, caller: Caller, project: str, card: Card) -> dict[str, object]:
        """Return the same facts for a card that was decided before."""
        left = card.budget.startable_micro_eur
        pools = self._queue.pools()
        return rules.facts(card.version.profile, caller.groups, pools, left, self.today())

    def _by_price(self, card: Card, today: date) -> tuple[int, str]:
        profile = card.version.profile
        return profile.price_on(today), profile.id
