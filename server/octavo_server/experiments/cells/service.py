"""Keeps the notebook versions that made runs, and leads from runs to cells and back."""

from typing import Final

from octavo.records import cells as wire
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound, TooMany
from octavo_server.experiments.cells import rules, store
from octavo_server.experiments.cells.domain import CellRun, Source, Version
from octavo_server.experiments.cells.ports import Blobs, Differ
from octavo_server.experiments.runs.service import ExperimentsService, Run
from octavo_server.identity import Caller

MOST_RUNS: Final = 5_000
"""How many of a notebook's newest runs are looked at for its margin."""
RUNS_A_CELL: Final = 10
GIB: Final = 2**30


class CellsService:
    """Notebook versions, the cells that made runs, and notebooks side by side."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        runs: ExperimentsService,
        blobs: Blobs,
        differ: Differ,
        *,
        most_gib: float,
    ) -> None:
        """Take what it stands on; `most_gib` is what a project's versions may fill, GiB."""
        self._database = database
        self._audit = audit
        self._runs = runs
        self._blobs = blobs
        self._differ = differ
        self._most = round(most_gib * GIB)

    def store_version(
        self, caller: Caller, project: str, sha256: str, path: str, content: bytes, *, exact: bool
    ) -> Version:
        """Keep a notebook version once; an exact one takes the place of one without outputs.

        Raises Invalid for bytes that are no notebook or have another digest, TooLarge, and
        TooMany when the project's versions fill what they may.
        """
        rules.check_bytes(sha256, content, exact=exact)
        with self._database.read() as rows:
            held = store.version(rows, project, sha256)
        if held is not None and (held.exact or not exact):
            return held
        outline = rules.outline(rules.notebook_from(content))
        blob = self._blobs.put(content)
        with self._audit.change(
            caller, "experiments.notebook_version_stored", f"notebook-version:{sha256}", project
        ) as change:
            change.rows.lock(f"notebook-versions:{project}")
            self._check_room(store.stored_bytes(change.rows, project), len(content), project)
            made = Version(
                project=project,
                sha256=sha256,
                blob=blob,
                exact=exact,
                path=path,
                size=len(content),
                outline=outline,
                stored_by=caller.name,
                stored_at=change.at,
            )
            store.save_version(change.rows, made)
            change.note(path=path, exact=exact, size=len(content))
        return made

    def _check_room(self, filled: int, more: int, project: str) -> None:
        if filled + more > self._most:
            raise TooMany(
                f"The notebook versions of project {project} fill {filled / GIB:.2f} GiB of the "
                f"{self._most / GIB:g} GiB that they may.",
                "Ask your platform admin to raise OCTAVO_NOTEBOOK_VERSIONS_GIB.",
            )

    def store_source(self, caller: Caller, project: str, sha256: str, content: bytes) -> Source:
        """Keep a cell's source as it ran, once. Raises Invalid or TooLarge."""
        text = rules.checked_source(sha256, content)
        with self._database.read() as rows:
            held = store.source(rows, project, sha256)
        if held is not None:
            return held
        with self._audit.change(
            caller, "experiments.cell_source_stored", f"cell-source:{sha256}", project
        ) as change:
            change.rows.lock(f"cell-sources:{project}:{sha256}")
            raced = store.source(change.rows, project, sha256)
            made = raced or Source(
                sha256=sha256, source=text, stored_by=caller.name, stored_at=change.at
            )
            if raced is None:
                store.save_source(change.rows, project, made)
            change.note(size=len(content))
        return made

    def version(self, project: str, sha256: str) -> Version:
        """A stored version. Raises NotFound."""
        rules.check_digest(sha256)
        with self._database.read() as rows:
            found = store.version(rows, project, sha256)
        if found is None:
            raise NotFound(
                f"Project {project} has stored no notebook version {sha256}.",
                "A version is stored when a run begins in a notebook; older runs have none.",
            )
        return found

    def content(self, project: str, sha256: str) -> bytes:
        """The bytes of a stored version. Raises NotFound, Conflict when they have changed."""
        return self._blobs.get(self.version(project, sha256).blob)

    def notebook(self, project: str, run_id: str) -> wire.RunNotebook:
        """What is known of the notebook and the cell that made a run. Raises NotFound."""
        run = self._runs.run(project, run_id)
        link = run.notebook
        if link is None:
            raise NotFound(
                f"Run {run_id[:64]} was not made by a notebook that Octavo knows.",
                "Runs of notebooks in a workspace carry the link from their start on.",
            )
        cell_sha256 = link.cell_digest
        with self._database.read() as rows:
            version = store.version(rows, project, link.digest) if link.digest else None
            source = store.source(rows, project, cell_sha256) if cell_sha256 else None
        state = rules.saved(version, link.cell, cell_sha256)
        place = version.outline.places.get(link.cell) if version and link.cell else None
        return wire.RunNotebook(
            run_id=run.run_id,
            path=link.path[:500],
            sha256=link.digest,
            commit=link.commit,
            cell=link.cell,
            cell_sha256=cell_sha256,
            version=wire.NotebookVersion.model_validate(version) if version else None,
            cell_index=place.index if place else None,
            saved=state,
            source=source.source if source else None,
            notes=rules.notes(version, link.digest, link.cell, state, source=source is not None),
        )

    def cells(self, project: str, notebook: str, owner: str | None) -> wire.NotebookCells:
        """The notebook's cells with the newest runs that they made, of one owner or of all."""
        fresh = self._runs.refresh()
        with self._database.read() as rows:
            found = store.executions(rows, project, notebook, owner, MOST_RUNS + 1)
            wanted = rules.by_cell(found[:MOST_RUNS], RUNS_A_CELL)
            runs = store.runs(rows, [one for _, ids in wanted.values() for one in ids])
        items = [
            _history(cell, total, [runs[one] for one in ids if one in runs])
            for cell, (total, ids) in wanted.items()
        ]
        return wire.NotebookCells(
            notebook=notebook,
            items=[one for one in items if one.runs],
            complete=len(found) <= MOST_RUNS,
            as_of=fresh.as_of,
            stale=fresh.stale,
        )

    def difference(self, project: str, run_ids: list[str]) -> wire.NotebookDifference:
        """Two runs as notebooks. Raises Invalid, NotFound or Unavailable."""
        if len(run_ids) != 2:
            raise Invalid(
                f"run: {len(run_ids)} runs were given; two compare as notebooks.",
                "Give run= twice.",
            )
        (old, before), (new, after) = (
            self._side(project, self._runs.run(project, one)) for one in run_ids
        )
        cells = list(self._differ.diff(before, after))
        counts = {op: sum(1 for one in cells if one.op == op) for op in _OPS}
        return wire.NotebookDifference(old=old, new=new, cells=cells, **counts)

    def _side(self, project: str, run: Run) -> tuple[wire.NotebookSide, bytes]:
        """A run as a notebook, its cell as it ran, and the bare bytes to compare."""
        link = run.notebook
        digest, ran = (link.digest, link.cell_digest) if link else (None, None)
        with self._database.read() as rows:
            version = store.version(rows, project, digest) if digest else None
            source = store.source(rows, project, ran) if ran else None
        if link is None or digest is None or version is None:
            raise NotFound(
                f"The notebook version of run {run.name[:100]!r} ({run.run_id[:8]}) is not stored.",
                "Only runs whose notebook version is stored compare as notebooks.",
            )
        notebook = rules.notebook_from(self._blobs.get(version.blob))
        place = version.outline.places.get(link.cell or "")
        index = place.index if place else None
        unsaved = rules.saved(version, link.cell, ran) in ("changed", "absent")
        if unsaved and source is not None and link.cell:
            notebook, index = rules.as_it_ran(notebook, link.cell, source.source)
        side = wire.NotebookSide(
            run_id=run.run_id,
            name=run.name,
            path=link.path[:500],
            sha256=digest,
            exact=version.exact,
            cell=link.cell,
            cell_index=index,
            as_it_ran=unsaved and source is not None,
        )
        return side, rules.bare(notebook)


_OPS: Final = ("added", "removed", "changed", "same")


def _history(cell: str, total: int, runs: list[CellRun]) -> wire.CellHistory:
    kept = rules.leading(runs)
    return wire.CellHistory(
        cell=cell,
        total=total,
        runs=[
            wire.CellRun(
                **{**vars(run), "metrics": {n: run.metrics[n] for n in kept if n in run.metrics}}
            )
            for run in runs
        ],
    )
