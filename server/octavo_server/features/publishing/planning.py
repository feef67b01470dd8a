"""Plans a declaration: what it changes, whom it reaches, what it costs, what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.database.rows import Database
from octavo_server.errors import NotFound
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing import rules, store
from octavo_server.features.publishing.differences import differences
from octavo_server.features.publishing.domain import (
    Checked,
    Difference,
    Finding,
    Impact,
    Plan,
    Reader,
    Verdict,
)
from octavo_server.features.publishing.ports import FeatureEngine, Prices, Readers
from octavo_server.identity import Caller
from octavo_server.policy.service import PolicyService

BUILDS = 5
"""Publications that an expected cost is taken from."""
ACTION = "ApplyFeatures"
RUN = "run:"
"""What the subject of a production run's read begins with; its pipeline is known already."""


class Planner:
    """Looks at what a declaration would do; writes nothing."""

    def __init__(
        self,
        *,
        database: Database,
        catalog: CatalogService,
        policy: PolicyService,
        engine: FeatureEngine,
        readers: Readers,
        places: Places,
        prices: Prices,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._policy = policy
        self._engine = engine
        self._readers = readers
        self._places = places
        self._prices = prices

    def plan(self, caller: Caller, project: str, wanted: FeatureDeclaration) -> Plan:
        """Return what ``wanted`` would change in ``project``."""
        base, before = self._declared(project)
        with self._database.read() as rows:
            builds = store.newest_builds(rows, project, BUILDS)
        found = differences(before, wanted)
        checked = self._checked(project, wanted)
        reached = rules.impact(found, self._known_readers(project, before, found))
        return Plan(
            base_snapshot=base,
            digest=rules.digest_of(wanted, base),
            same=before is not None and not found,
            differences=found,
            impact=reached,
            cost=rules.cost(before, wanted, checked.rows, builds, self._prices.eur_per_hour()),
            leaks=checked.leaks,
            findings=rules.sorted_findings(checked.findings),
            policy=self._verdict(caller, project, found, reached, checked.leaks),
        )

    def is_same(self, project: str, wanted: FeatureDeclaration) -> bool:
        """Say whether ``wanted`` is what the current snapshot declares; a look at no data."""
        _, before = self._declared(project)
        return before is not None and not differences(before, wanted)

    def _declared(self, project: str) -> tuple[str | None, FeatureDeclaration | None]:
        """Return the current snapshot and what it declares."""
        current = self._catalog.current(project)
        if current is None:
            return None, None
        with self._database.read() as rows:
            build = store.build(rows, project, current.id)
        return current.id, build.declaration if build else None

    def _known_readers(
        self, project: str, before: FeatureDeclaration | None, found: Sequence[Difference]
    ) -> list[Reader]:
        """Return who reads what changes: by what they declare, and by what they read lately."""
        touched = [one.name for one in found if one.kind == "view" and one.what != "added"]
        lately = [one for name in touched for one in self._lately(project, name)]
        return [*rules.with_columns(self._readers.readers(project), before), *lately]

    def _lately(self, project: str, view: str) -> list[Reader]:
        """Return the notebooks that read a view in the time that the catalog looks back on."""
        try:
            reads = self._catalog.detail(project, view).reads
        except NotFound:
            return []
        columns: dict[tuple[str, str], frozenset[str]] = {}
        for one in reads:
            if one.subject and not one.subject.startswith(RUN):
                key = (one.subject, one.person)
                columns[key] = columns.get(key, frozenset()) | set(one.columns)
        return [
            Reader(kind="notebook", name=path, person=person, columns=read, names=frozenset({view}))
            for (path, person), read in columns.items()
        ]

    def _checked(self, project: str, wanted: FeatureDeclaration) -> Checked:
        """Return what is wrong with a declaration; the lake is asked once it holds together."""
        faults: list[Finding] = rules.faults(wanted)
        if faults:
            return Checked(findings=tuple(faults), leaks=(), rows={})
        return self._engine.check(wanted, self._places.lake(project))

    def _verdict(
        self,
        caller: Caller,
        project: str,
        found: Sequence[Difference],
        reached: Sequence[Impact],
        leaks: Sequence[str],
    ) -> Verdict:
        """Return what the policies say to another person than the author."""
        facts = facts_of(found, reached, leaks, own=False)
        decision = self._policy.decide(ACTION, caller, project=project, facts=facts)
        return Verdict(allowed=decision.allowed, reasons=tuple(decision.reasons))


def facts_of(
    found: Sequence[Difference], reached: Sequence[Impact], leaks: Sequence[str], *, own: bool
) -> dict[str, int | bool]:
    """Return the facts that the gate sees."""
    gone = [one for one in found if one.kind == "view" and one.what == "removed"]
    code = [one for one in found if one.kind == "transformation" and one.diff]
    return {
        "leaks": len(leaks),
        "views_removed": len(gone),
        "breaks": sum(one.breaks for one in reached),
        "transformations_changed": len(code),
        "own": own,
    }
