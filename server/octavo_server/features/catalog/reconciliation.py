"""Finds what happened to a registry behind Octavo's back, and repairs or shows it.

Readers shall get what was published: a pointer that somebody moved is moved back. A snapshot whose
files were changed can't be repaired, so it is shown, and what is known of it stays as it was. Data
that was written since the registry was read makes its views be read again.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import OctavoError
from octavo_server.features.catalog import consumption, history_store, store
from octavo_server.features.catalog.domain import Entry, IndexState, Problem, Snapshot, Standing
from octavo_server.features.catalog.ports import Look, RegistryFiles
from octavo_server.features.catalog.service import CatalogService, view_node
from octavo_server.features.places import Places
from octavo_server.identity import service_caller
from octavo_server.lineage.service import LineageService

log = logging.getLogger("octavo.features.reconciliation")

REMEDY = "Publish the features again: ask a project admin."


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often what is done."""

    grace: timedelta = timedelta(minutes=1)
    """A publication this young may still be on its way to the pointer."""
    read_again: timedelta = timedelta(minutes=5)
    """Data that changes all the time makes a registry be read this often at most."""
    read_anyway: timedelta = timedelta(hours=24)
    """Without any sign of a change it is read this often."""
    count_again: timedelta = timedelta(minutes=10)
    """How often consumers and readers of views are counted."""


@dataclass(frozen=True, kw_only=True)
class Prints:
    """What a registry's files looked like: a digest of the looks, never of the contents."""

    snapshot_id: str = ""
    """Of which snapshot."""
    files: str = ""
    """Of the snapshot's files."""
    data: str = ""
    """Of the data, when it was last read."""

    def __str__(self) -> str:
        """Return it as it is kept."""
        return f"{self.snapshot_id} {self.files} {self.data}"

    @classmethod
    def known(cls, state: IndexState) -> Prints:
        """Return what is kept."""
        snapshot_id, files, data = (state.fingerprint or "  ").split(" ")
        return cls(snapshot_id=snapshot_id, files=files, data=data)

    @classmethod
    def of(cls, made: Snapshot, look: Look) -> Prints:
        """Return what is seen."""
        return cls(
            snapshot_id=made.id, files=_short(look.snapshot_print), data=_short(look.data_print)
        )


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Reconciliation:
    """Compares every project's registry with what was published and what is known of it."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        lineage: LineageService,
        catalog: CatalogService,
        files: RegistryFiles,
        places: Places,
        pace: Pace | None = None,
    ) -> None:
        self._database = database
        self._audit = audit
        self._lineage = lineage
        self._catalog = catalog
        self._files = files
        self._places = places
        self._pace = pace or Pace()
        self._counted: dict[str, datetime] = {}

    def step(self) -> None:
        """Look at all projects once; one project's trouble holds up no other."""
        with self._database.read() as rows:
            made = store.currents(rows)
        for snapshot in made:
            try:
                self.compare(snapshot)
                self._count(snapshot.project)
            except Exception:
                log.exception("the registry of %s could not be compared", snapshot.project)

    def compare(self, made: Snapshot) -> IndexState:
        """Compare one project's registry, repair what can be, and keep what can't."""
        now, project = self._catalog.now(), made.project
        known, views = self._catalog.state(project), self._catalog.views(project)
        features, lake = self._places.snapshots(project), self._places.lake(project)
        sources = sorted({view.source.path for view in views})
        look = self._files.look(features, made.id, lake, sources)
        seen = Prints.of(made, look)
        broken = self._check(made, look, known, now)
        state = replace(
            known,
            checked_at=now,
            pointed_to=look.pointed_to,
            fingerprint=str(replace(seen, data=Prints.known(known).data)),
            problems=broken or _of_reading(known.problems),
        )
        if broken:
            return self._keep(state, known)
        if look.pointed_to != made.id and now - made.published_at > self._pace.grace:
            state = replace(state, pointed_to=self._repair(made, look))
        if self._is_due(seen, known, now):
            state = self._read(made, state, seen)
        elif Prints.known(known).snapshot_id != made.id:
            state = replace(state, fingerprint=str(seen))
        return self._keep(state, known)

    def _check(
        self, made: Snapshot, look: Look, known: IndexState, now: datetime
    ) -> tuple[Problem, ...]:
        """Return why nobody can read what was published; empty while all is well."""
        since = {one.code: one.since for one in known.problems}
        short = made.id[:12]
        if not look.is_there:
            message = f"The published registry {short} is gone from {made.project}'s folder."
            return (_problem("missing", message, since, now),)
        before, seen = Prints.known(known), Prints.of(made, look)
        if replace(before, data=seen.data) == seen and not _broken(known):
            return ()
        try:
            found = self._files.digest(self._places.snapshots(made.project), made.id)
        except OSError as error:
            message = f"The published registry {short} can't be read: {error}."
            return (_problem("missing", message, since, now),)
        if found == made.id:
            return ()
        message = (
            f"The files of the published registry {short} were changed: they have the digest "
            f"{found[:12]} now. Readers refuse them."
        )
        return (_problem("changed", message, since, now),)

    def _is_due(self, seen: Prints, known: IndexState, now: datetime) -> bool:
        """Tell whether the registry is to be read again."""
        read_at = known.indexed_at
        if read_at is None or now - read_at >= self._pace.read_anyway:
            return True
        before = Prints.known(known)
        if before.snapshot_id == seen.snapshot_id:
            return before.data != seen.data and now - read_at >= self._pace.read_again
        return self._is_other_data(known.project)

    def _is_other_data(self, project: str) -> bool:
        """Tell whether data is not what it was when the views were published with it.

        Publishing read them then, so with the same data nothing is to be read again.
        """
        lake = self._places.lake(project)
        published = {(one.source.path, one.source.sha256) for one in self._catalog.views(project)}
        try:
            return any(self._files.data_digest(lake, path) != kept for path, kept in published)
        except OSError:
            return True

    def _read(self, made: Snapshot, state: IndexState, seen: Prints) -> IndexState:
        """Read the registry whole; ``seen`` is what its files looked like before."""
        now = self._catalog.now()
        features, lake = self._places.snapshots(made.project), self._places.lake(made.project)
        since = {one.code: one.since for one in state.problems}
        try:
            reading = self._files.read(made.project, made.id, features, lake)
        except OctavoError as error:
            problem = _problem("unreadable", error.message, since, now)
            return replace(state, problems=(problem,), indexed_at=now)
        self._catalog.replace(made.project, reading.views, made.id)
        found = [_problem(code, message, since, now) for code, message in reading.problems]
        return replace(state, problems=tuple(found), indexed_at=now, fingerprint=str(seen))

    def _repair(self, made: Snapshot, look: Look) -> str:
        """Give readers what was published; who moved the pointer is not known, that it was is."""
        self._files.point_to(self._places.snapshots(made.project), made.id)
        caller = service_caller("worker", made.project)
        subject = f"feature_snapshot:{made.project}/{made.id}"
        with self._audit.change(caller, "features.repair", subject, made.project) as change:
            change.note(found=look.pointed_to)
        log.warning("readers of %s were pointed to %s", made.project, look.pointed_to)
        return made.id

    def _keep(self, state: IndexState, before: IndexState) -> IndexState:
        with self._database.write() as rows:
            # Others may have changed views meanwhile; their revision stays.
            revision = store.state(rows, state.project).revision
            kept = replace(state, revision=revision)
            store.save_state(rows, kept)
        if kept.problems != before.problems and kept.problems:
            log.warning("%s: %s", state.project, "; ".join(one.message for one in kept.problems))
        return kept

    def _count(self, project: str) -> None:
        """Note what was made from each view, and let old readers count no more."""
        now, last = self._catalog.now(), self._counted.get(project)
        if last is not None and now - last < self._pace.count_again:
            return
        edges = self._lineage.every(project, consumption.directly)
        with self._database.read() as rows:
            entries = [one for one in store.changed(rows, project, -1) if not one.removed]
        made = [(one, consumption.consumed_at(edges, _node(one), now)) for one in entries]
        news = [
            (entry, at)
            for entry, at in made
            if at is not None and _is_news(entry.standing, at, self._pace.read_anyway)
        ]
        with self._database.write() as rows:
            history_store.forget_reads(rows, now - history_store.KEPT_FOR)
            for entry, at in news:
                revision = store.bump(rows, project)
                standing = replace(entry.standing, consumed_at=at)
                store.note(rows, project, entry.view.name, standing, revision)
        self._catalog.uses.count_people_again(project)
        self._counted[project] = now


def _node(entry: Entry) -> str:
    return view_node(entry.view.project, entry.view.name)


def _is_news(standing: Standing, at: datetime, worth: timedelta) -> bool:
    return standing.consumed_at is None or at - standing.consumed_at >= worth


def _broken(known: IndexState) -> bool:
    return any(one.code in ("missing", "changed") for one in known.problems)


def _of_reading(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems that only reading again can clear."""
    return tuple(one for one in problems if one.code in ("hostile", "unreadable"))


def _problem(code: str, message: str, since: dict[str, datetime], now: datetime) -> Problem:
    return Problem(code=code, message=message, remedy=REMEDY, since=since.get(code, now))
