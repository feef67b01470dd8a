"""Tags of versions: kept here with who set them, and in MLflow, where its clients read them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.database.tables.proof import model_version_tags
from octavo_server.errors import Invalid, NotFound
from octavo_server.identity import Caller
from octavo_server.registry.versions.domain import ModelVersion
from octavo_server.registry.versions.ports import VersionBook
from octavo_server.registry.versions.rules import registered_name

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
#: What Octavo writes itself.
OWN: Final = ("octavo.", "mlflow.")
MOST: Final = 100


@dataclass(frozen=True, kw_only=True)
class Tag:
    """A tag of a version."""

    key: str
    """Its name."""
    value: str
    """Its value."""
    set_by: str
    """Who set it."""
    set_at: datetime
    """When."""


def check_key(key: str) -> None:
    """Raise Invalid for a name that no tag of a person's has."""
    if not KEY.fullmatch(key):
        raise Invalid(
            f"key: {key[:80]!r} can't be a tag's name.",
            "Use at most 100 letters, digits, _, . and -, beginning with a letter or digit.",
        )
    if key.lower().startswith(OWN):
        raise Invalid(
            f"key: {key[:80]!r} is kept for Octavo and MLflow themselves.",
            "Choose a name that begins with neither octavo. nor mlflow.",
        )


class Tags:
    """Sets, removes and lists tags."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        book: VersionBook,
        version: Callable[[str, str, int], ModelVersion],
    ) -> None:
        """`version` finds a version and raises NotFound."""
        self._database = database
        self._audit = audit
        self._book = book
        self._version = version

    def listed(self, project: str, name: str, version: int) -> list[Tag]:
        """The tags of a version, by name. Raises NotFound."""
        self._version(project, name, version)
        with self._database.read() as rows:
            return of_version(rows, project, name, version)

    def set(
        self, caller: Caller, project: str, name: str, version: int, key: str, value: str
    ) -> Tag:
        """Set a tag, here and in MLflow. Raises NotFound or Invalid."""
        check_key(key)
        self._version(project, name, version)
        subject = f"model_version:{project}/{name}/{version}"
        with self._audit.change(caller, "registry.tag", subject, project) as change:
            before = of_version(change.rows, project, name, version)
            if len(before) >= MOST and key not in {one.key for one in before}:
                raise Invalid(
                    f"Version {version} of {name} has {MOST} tags.", "Remove one that nobody needs."
                )
            made = Tag(key=key, value=value, set_by=caller.name, set_at=change.at)
            keep(change.rows, project, name, version, made)
            change.note(key=key, value=value)
            self._book.tag_version(registered_name(project, name), version, key, value)
        return made

    def remove(self, caller: Caller, project: str, name: str, version: int, key: str) -> None:
        """Remove a tag, here and in MLflow. Raises NotFound."""
        check_key(key)
        self._version(project, name, version)
        subject = f"model_version:{project}/{name}/{version}"
        with self._audit.change(caller, "registry.untag", subject, project) as change:
            if not change.rows.delete(model_version_tags, *_place(project, name, version, key)):
                raise NotFound(
                    f"Version {version} of {name} has no tag {key[:80]!r}.", "See its tags."
                )
            change.note(key=key)
            self._book.untag_version(registered_name(project, name), version, key)


def of_version(rows: Rows, project: str, name: str, version: int) -> list[Tag]:
    """The tags of a version, by name."""
    where = _place(project, name, version)
    found = rows.find(model_version_tags, *where, order_by=("key",))
    kept = ("key", "value", "set_by", "set_at")
    return [Tag(**{column: row[column] for column in kept}) for row in found]


def keep(rows: Rows, project: str, name: str, version: int, tag: Tag) -> None:
    """Write a tag, new or not."""
    values = {"value": tag.value, "set_by": tag.set_by, "set_at": tag.set_at}
    if not rows.update(model_version_tags, values, *_place(project, name, version, tag.key)):
        place = {"project": project, "name": name, "version": version, "key": tag.key}
        rows.insert(model_version_tags, {**place, **values})


def forget(rows: Rows, project: str, name: str, version: int, key: str) -> None:
    """Remove a tag that MLflow has no more."""
    rows.delete(model_version_tags, *_place(project, name, version, key))


def _place(project: str, name: str, version: int, key: str | None = None) -> tuple[Where, ...]:
    found: tuple[Where, ...] = (
        ("project", "=", project),
        ("name", "=", name),
        ("version", "=", version),
    )
    return found if key is None else (*found, ("key", "=", key))
