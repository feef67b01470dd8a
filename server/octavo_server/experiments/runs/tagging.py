"""Changes tags of many runs at once, through MLflow, and says how to take it back."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

from octavo_server.audit.service import AuditService
from octavo_server.errors import Invalid, NotFound, OctavoError
from octavo_server.experiments.runs.domain import Run
from octavo_server.experiments.runs.ports import TagWriter
from octavo_server.identity import Caller

#: Requests to MLflow that are under way at a time.
AT_ONCE: Final = 4
#: Tags that begin so say where a run comes from; nobody writes them by hand.
RESERVED: Final = ("mlflow.", "octavo.")
#: MLflow's note is the one tag of its own that people write.
OPEN: Final = frozenset({"mlflow.note.content"})


@dataclass(frozen=True, kw_only=True)
class TagChange:
    """Tags to set and to remove on some runs."""

    runs: tuple[str, ...]
    """Ids of the runs."""
    set: Mapping[str, str] = field(default_factory=dict)
    """Tags to set, by name."""
    remove: tuple[str, ...] = ()
    """Tags to remove."""


@dataclass(frozen=True, kw_only=True)
class TagFailure:
    """A run whose tags stayed as they were."""

    run_id: str
    """The run."""
    message: str
    """Why."""


@dataclass(frozen=True, kw_only=True)
class TagResult:
    """What a change of tags did."""

    changed: int
    """How many runs are different now."""
    unchanged: int
    """How many were that way before."""
    failed: tuple[TagFailure, ...]
    """Those that stayed as they were."""
    undo: tuple[TagChange, ...]
    """Changes that take it back."""


class Tagging:
    """Writes tags in the name of people who may."""

    def __init__(self, tracking: TagWriter, audit: AuditService) -> None:
        self._tracking = tracking
        self._audit = audit

    def apply(
        self, caller: Caller, project: str, change: TagChange, runs: Sequence[Run]
    ) -> TagResult:
        """Change tags of ``runs``, those that ``change`` names. Raises Invalid or NotFound.

        The trail says what was begun before MLflow is written to, and then what failed, so that
        no tag changes without an entry.
        """
        check(change, {run.run_id for run in runs}, project)
        due = [run for run in runs if _differs(run, change)]
        self._note(caller, project, change, due)
        failed = self._write(due, change)
        if failed:
            self._note_failures(caller, project, failed)
        broken = {one.run_id for one in failed}
        return TagResult(
            changed=len(due) - len(failed),
            unchanged=len(runs) - len(due),
            failed=tuple(failed),
            undo=tuple(undo_of(change, [run for run in due if run.run_id not in broken])),
        )

    def _write(self, runs: Sequence[Run], change: TagChange) -> list[TagFailure]:
        def one(run: Run) -> TagFailure | None:
            gone = [name for name in change.remove if name in run.tags]
            try:
                self._tracking.tag(run.run_id, change.set, gone)
            except OctavoError as error:
                return TagFailure(run_id=run.run_id, message=error.message)
            return None

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return [found for found in pool.map(one, runs) if found is not None]

    def _note(self, caller: Caller, project: str, change: TagChange, runs: Sequence[Run]) -> None:
        with self._audit.change(
            caller, "experiments.tags_changed", f"project:{project}", project
        ) as entry:
            entry.note(
                runs=[run.run_id for run in runs], set=dict(change.set), remove=list(change.remove)
            )

    def _note_failures(self, caller: Caller, project: str, failed: Sequence[TagFailure]) -> None:
        with self._audit.change(
            caller, "experiments.tags_failed", f"project:{project}", project
        ) as entry:
            entry.note(runs={one.run_id: one.message for one in failed})


def check(change: TagChange, known: set[str], project: str) -> None:
    """Raise Invalid for tags that nobody may write, NotFound for runs of other projects."""
    names = [*change.set, *change.remove]
    if not names:
        raise Invalid(
            "set and remove are both empty, so nothing would change.",
            "Name at least one tag in set or remove.",
        )
    twice = sorted(set(change.set) & set(change.remove))
    if twice:
        raise Invalid(
            f"remove: the tag {twice[0][:80]!r} is in set too.", "Name each tag in one of the two."
        )
    for name in names:
        if name.startswith(RESERVED) and name not in OPEN:
            raise Invalid(
                f"The tag {name[:80]!r} can't be changed by hand: tags that begin with mlflow. or "
                "octavo. say where a run comes from.",
                "Choose another name.",
            )
    missing = [one for one in change.runs if one not in known]
    if missing:
        raise NotFound(
            f"Project {project} has no run {missing[0]}"
            + (f" and no {len(missing) - 1} others of the given ones." if missing[1:] else "."),
            "Reload the list, and choose again. Nothing was changed.",
        )


def _differs(run: Run, change: TagChange) -> bool:
    return any(run.tags.get(name) != value for name, value in change.set.items()) or any(
        name in run.tags for name in change.remove
    )


def undo_of(change: TagChange, runs: Iterable[Run]) -> list[TagChange]:
    """Return the changes that bring back the tags that ``runs`` had, one for equal ones."""
    names = sorted([*change.set, *change.remove])
    alike: dict[tuple[str | None, ...], list[str]] = {}
    for run in runs:
        alike.setdefault(tuple(run.tags.get(name) for name in names), []).append(run.run_id)
    return [
        TagChange(
            runs=tuple(ids),
            set={
                name: value for name, value in zip(names, before, strict=True) if value is not None
            },
            remove=tuple(name for name, value in zip(names, before, strict=True) if value is None),
        )
        for before, ids in alike.items()
    ]
