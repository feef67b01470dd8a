"""Finds what was changed in MLflow past Octavo, puts it right or shows it; a task of the worker."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.database.tables.proof import registry_differences
from octavo_server.identity import service_caller
from octavo_server.registry.versions import store, tags
from octavo_server.registry.versions.differences import (
    DIGEST_TAG,
    BookEntry,
    Difference,
    Found,
    Kept,
    differences,
    people_tags,
)
from octavo_server.registry.versions.ports import Book
from octavo_server.registry.versions.rules import registered_name

SHOWN = 200
FROM_MLFLOW = "mlflow"
"""Who set a tag that came from an MLflow client: MLflow keeps no name."""


class Reconciliation:
    """Compares MLflow's registry with what Octavo keeps.

    A difference counts when two looks in a row see it: a registration or a move of an alias writes
    to MLflow a moment before its own transaction ends.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        book: Book,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._book = book
        self._clock = clock
        self._seen: set[Found] = set()

    def step(self) -> None:
        """Look once."""
        entries = self._book.entries()
        with self._database.read() as rows:
            kept = store.kept(rows)
        found = {one for model in kept for one in differences(model, _entry(entries, model))}
        for one in sorted(found & self._seen, key=lambda one: (one.project, one.name, one.about)):
            self._settle(one)
        self._resolve(found)
        self._seen = found
        for model in kept:
            for number, theirs in _entry(entries, model).versions.items():
                if number in model.digests:
                    self._adopt(model, number, people_tags(theirs))

    def _settle(self, one: Found) -> None:
        """Put a difference right, or keep it where people see it; each with its audit entry."""
        with self._database.read() as rows:
            if _is_open(rows, one):
                return
        worker = service_caller("worker", one.project)
        subject = f"model:{one.project}/{one.name}"
        with self._audit.change(worker, "registry.reconcile", subject, one.project) as change:
            repaired = one.repairable and self._repair(change.rows, one)
            done = " Octavo put it back." if repaired else ""
            _keep(change, one, one.detail + done, repaired=repaired)
            change.note(kind=one.kind, about=one.about, version=one.version, repaired=repaired)

    def _repair(self, rows: Rows, one: Found) -> bool:
        """Write what Octavo keeps to MLflow."""
        name = registered_name(one.project, one.name)
        if one.kind == "tag_changed" and one.version is not None:
            version = store.get_version(rows, one.project, one.name, one.version)
            if version is None:
                return False
            self._book.tag_version(name, one.version, DIGEST_TAG, version.digest)
            return True
        ours = store.aliases(rows, one.project, one.name).get(one.about)
        if ours is None:
            self._book.remove_alias(name, one.about)
        else:
            self._book.set_alias(name, one.about, ours)
        return True

    def _resolve(self, found: set[Found]) -> None:
        """Close what isn't found any more."""
        still = {(one.project, one.name, one.kind, one.about) for one in found}
        with self._database.read() as rows:
            waiting = rows.find(registry_differences, ("repaired", "=", False))
        gone = [
            row
            for row in waiting
            if row["resolved_at"] is None
            and (row["project"], row["name"], row["kind"], row["about"]) not in still
        ]
        for row in gone:
            project = row["project"]
            worker, subject = service_caller("worker", project), f"model:{project}/{row['name']}"
            with self._audit.change(worker, "registry.reconcile", subject, project) as change:
                change.rows.update(
                    registry_differences,
                    {"resolved_at": change.at},
                    ("project", "=", project),
                    ("id", "=", row["id"]),
                )
                change.note(kind=row["kind"], about=row["about"], resolved=True)

    def _adopt(self, model: Kept, number: int, theirs: Mapping[str, str]) -> None:
        """Take over the tags that people set or removed with an MLflow client."""
        with self._database.read() as rows:
            ours = {
                one.key: one.value
                for one in tags.of_version(rows, model.project, model.name, number)
            }
        if ours == theirs:
            return
        project, name = model.project, model.name
        worker, subject = (
            service_caller("worker", project),
            f"model_version:{project}/{name}/{number}",
        )
        with self._audit.change(worker, "registry.tags_adopted", subject, project) as change:
            for key in ours.keys() - theirs.keys():
                tags.forget(change.rows, project, name, number, key)
            for key, value in theirs.items():
                if ours.get(key) != value:
                    made = tags.Tag(
                        key=key, value=value[:5_000], set_by=FROM_MLFLOW, set_at=change.at
                    )
                    tags.keep(change.rows, project, name, number, made)
            change.note(before=ours, now=dict(theirs))


def listed(rows: Rows, project: str) -> list[Difference]:
    """The differences of a project, the newest first."""
    found = rows.find(
        registry_differences, ("project", "=", project), order_by=("-id",), limit=SHOWN
    )
    kept = Difference.__dataclass_fields__
    return [Difference(**{column: row[column] for column in kept}) for row in found]


def _is_open(rows: Rows, one: Found) -> bool:
    """Whether a difference is shown already; one that was repaired counts when it comes again."""
    found = rows.find(
        registry_differences,
        ("project", "=", one.project),
        ("name", "=", one.name),
        ("kind", "=", one.kind),
        ("about", "=", one.about),
    )
    return any(row["resolved_at"] is None for row in found)


def _keep(change: Change, one: Found, detail: str, *, repaired: bool) -> None:
    newest = change.rows.find(
        registry_differences, ("project", "=", one.project), order_by=("-id",), limit=1
    )
    change.rows.insert(
        registry_differences,
        {
            "project": one.project,
            "id": newest[0]["id"] + 1 if newest else 1,
            "name": one.name,
            "version": one.version,
            "kind": one.kind,
            "about": one.about,
            "detail": detail,
            "repaired": repaired,
            "found_at": change.at,
            "resolved_at": change.at if repaired else None,
        },
    )


def _entry(entries: Mapping[str, BookEntry], model: Kept) -> BookEntry:
    return entries.get(registered_name(model.project, model.name), BookEntry())
