"""The room of materialisation on fakes.

- ``World``: all parts on an in-memory database, at noon of 1 March 2026; ``clock`` moves on
- ``FakeCatalog``: views from a dictionary; ``moves`` what was said of freshness, ``costs`` of cost
- ``FakeEngine``: stages windows; ``fails`` an error it raises at a window, ``computed`` what it did
- ``FakeOnline``: takes merges and pushes; ``away`` makes writing fail, ``pointer`` the snapshot
- ``FakeFiles``: files of the lake by part
- ``FakeLedger``: what was booked; ``left`` cents of the budget
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from octavo.records.materialization import MaterializationRequest, PushValue
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import NotFound, OctavoError, Unavailable
from octavo_server.features.catalog.domain import Freshness as Figures
from octavo_server.features.catalog.domain import Snapshot, View
from octavo_server.features.materialization import store
from octavo_server.features.materialization.domain import Job, Staged, Window
from octavo_server.features.materialization.execution import Materializations
from octavo_server.features.materialization.freshness import Freshness
from octavo_server.features.materialization.pushed_rows import PushedRows
from octavo_server.features.materialization.pushes import Pushes
from octavo_server.features.materialization.schedules import Schedules
from octavo_server.features.materialization.service import MaterializationService
from octavo_server.features.places import Places
from octavo_server.identity import Caller
from octavo_server.monitoring.service import MonitoringService
from tests.support.features import FIRST, NOON, view
from tests.support.services import open_audit

HOUR = timedelta(hours=1)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def on(self, by: timedelta) -> None:
        """Move on."""
        self.now += by


class FakeCatalog:
    """Views from a dictionary."""

    def __init__(self, *views: View) -> None:
        self.held = {one.name: one for one in views}
        self.snapshot_id = FIRST
        self.published_at = NOON - timedelta(days=30)
        self.moves: list[tuple[str, str]] = []
        self.costs: list[tuple[str, float, int]] = []

    def view(self, project: str, name: str) -> View:
        """Return one view. Raises NotFound."""
        if name not in self.held:
            raise NotFound(f"There is no feature view {name[:100]!r} in {project}.")
        return self.held[name]

    def views(self, project: str) -> list[View]:
        """Return all views."""
        return [self.held[name] for name in sorted(self.held)]

    def current(self, project: str) -> Snapshot | None:
        """Return the current snapshot."""
        return Snapshot(
            project=project,
            id=self.snapshot_id,
            published_at=self.published_at,
            published_by="admin",
            reason="For a test.",
            views=tuple(self.held),
            services=("flights_late",),
            previous=None,
        )

    def note_freshness(self, rows: Rows, project: str, view: str, **figures: Any) -> None:
        """Move a view's figures on."""
        held = self.held[view]
        newer = {key: at for key, at in figures.items() if at is not None}
        self.moves += [(view, key) for key in newer]
        self.held[view] = replace(held, freshness=replace(held.freshness, **newer))

    def book_cost(
        self, rows: Rows, project: str, view: str, at: datetime, seconds: float, micro_eur: int
    ) -> None:
        """Remember what was booked."""
        self.costs.append((view, seconds, micro_eur))


@dataclass
class FakeEngine:
    """Stages windows of ten entities a second each."""

    fails: dict[int, BaseException] = field(default_factory=dict)
    computed: list[Window] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=lambda: [FIRST])
    before: Callable[[Window], None] = lambda _window: None
    open: int = 0

    @contextmanager
    def staging(
        self, features: Path, windows: Sequence[Window], stop: Callable[[], bool]
    ) -> Iterator[Iterator[Staged]]:
        """Give each window; ``fails`` is asked once each."""
        self.open += 1
        try:
            yield self._staged(windows, stop)
        finally:
            self.open -= 1

    def _staged(self, windows: Sequence[Window], stop: Callable[[], bool]) -> Iterator[Staged]:
        snapshot = self.snapshots.pop(0) if len(self.snapshots) > 1 else self.snapshots[0]
        for window in windows:
            if stop():
                return
            self.before(window)
            failure = self.fails.pop(len(self.computed), None)
            if failure is not None:
                raise failure
            self.computed.append(window)
            yield Staged(
                window=window,
                file=Path("/nowhere"),
                rows=10,
                seconds=1.0,
                snapshot=snapshot,
                newest_event_at=window.until - HOUR,
            )


@dataclass
class FakeOnline:
    """Remembers what was written."""

    pointer: str | None = FIRST
    merged: list[str] = field(default_factory=list)
    written: list[tuple[str, Mapping[str, PushValue]]] = field(default_factory=list)
    away: bool = False
    after_merge: Callable[[], None] = lambda: None

    def merge(self, features: Path, project: str, view: str, staged: Path) -> int:
        """Take a window over."""
        self.merged.append(view)
        self.after_merge()
        return 10

    def write(
        self,
        features: Path,
        view: View,
        rows: Sequence[Mapping[str, PushValue]],
        pushed_at: datetime,
    ) -> int:
        """Take rows. Raises Unavailable while it is away."""
        if self.away:
            raise Unavailable("The online store of flights can't be written: it is locked.", "")
        self.written += [(view.name, row) for row in rows]
        return 0

    def snapshot(self, features: Path) -> str | None:
        """Return the pointer."""
        return self.pointer


@dataclass
class FakeFiles:
    """Files by part."""

    parts: dict[str, list[Mapping[str, PushValue]]] = field(default_factory=dict)
    refuses: OctavoError | None = None
    before: Callable[[Path], None] | None = None
    """Called before a file is made; may refuse it."""

    def append(self, place: Path, part: str, rows: Sequence[Mapping[str, PushValue]]) -> None:
        """Keep the rows as a file, the same part once."""
        if self.before is not None:
            self.before(place)
        if self.refuses is not None:
            raise self.refuses
        self.parts[part] = list(rows)


@dataclass
class FakeLedger:
    """Books one euro an hour."""

    left: int = 100_000
    booked: dict[str, float] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)

    def budget_left_cents(self, project: str) -> int:
        """Return what is left."""
        return self.left

    def book(self, *, attempt: str, since: datetime, until: datetime, **whom: Any) -> float:
        """Book an attempt until a moment."""
        self.booked[attempt] = max(
            self.booked.get(attempt, 0.0), (until - since).total_seconds() / 3600
        )
        self.parts.add(whom["pipeline"])
        return self.booked[attempt]


class Price:
    """One euro an hour."""

    profile = "cpu-small"

    def eur_per_hour(self) -> float:
        """Return the price."""
        return 1.0


class Worker:
    """One worker process among others."""

    def __init__(self, name: str = "w1") -> None:
        self.own_id = name
        self.alive = {name}

    def lives(self, worker: str) -> bool:
        """Say whether it lives."""
        return worker in self.alive


class NoDeployments:
    """Stands where alerts about deployments would need them."""


def pushed_view(name: str = "origin_weather", **more: object) -> View:
    """Return a view with a push source."""
    made = view(name, **{"columns": (f"{name}_mean",), **more})
    return replace(made, source=replace(made.source, push_source=f"{name}_push"))


class World:
    """The room on fakes."""

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        self.database = database or MemoryDatabase()
        self.clock = Clock()
        self.audit = open_audit(self.database, folder, self.clock)
        self.catalog: Any = FakeCatalog(view(), view("plane_delay"), pushed_view(services=()))
        self.ledger, self.online, self.engine = FakeLedger(), FakeOnline(), FakeEngine()
        self.files, self.worker = FakeFiles(), Worker()
        self.places = Places(lakes=folder / "lake", features=folder / "features", templates=folder)
        base = (self.database, self.audit, self.catalog)
        none: Any = NoDeployments()
        self.monitoring = MonitoringService(self.database, self.audit, none, none, self.clock)
        self.jobs = MaterializationService(*base, self.ledger, Price(), self.clock)
        self.schedules = Schedules(*base, self.jobs, self.ledger, self.clock)
        self.freshness = Freshness(*base, self.monitoring, self.clock)
        self.pushes = Pushes(*base, self.online, self.places, self.clock)
        self.pushed = PushedRows(*base, self.jobs, self.pushes, self.files, self.places, self.clock)
        self.executing = self.execution(self.worker)

    def execution(self, worker: Worker) -> Materializations:
        """Return the execution in a worker process."""
        return Materializations(
            database=self.database,
            audit=self.audit,
            catalog=self.catalog,
            engine=self.engine,
            online=self.online,
            pushed=self.pushed,
            ledger=self.ledger,
            prices=Price(),
            places=self.places,
            workers=worker,
            clock=self.clock,
        )

    def start(self, caller: Caller, name: str = "carrier_delay", **more: Any) -> str:
        """Ask for a job and return its id."""
        wanted = MaterializationRequest(**{"name": name, **more})
        return self.jobs.start(caller, "flights", wanted).id

    def job(self, identifier: str) -> Job:
        """Return a job as it is kept."""
        with self.database.read() as rows:
            found = store.job(rows, identifier)
        assert found is not None
        return found

    def work(self) -> None:
        """Do all that waits, as the worker's executor does."""
        while found := self.executing.waiting():
            for identifier, _key in found:
                self.executing.run(identifier)

    def fresh(self, name: str, **figures: datetime | None) -> None:
        """Set a view's freshness figures."""
        held = self.catalog.held[name]
        values = {"newest_event_at": NOON, "materialized_until": None, "checked_at": NOON}
        self.catalog.held[name] = replace(held, freshness=Figures(**{**values, **figures}))

    def actions(self) -> list[str]:
        """Return what the audit trail holds, the oldest first."""
        return [one.action for one in self.audit.entries()][::-1]
