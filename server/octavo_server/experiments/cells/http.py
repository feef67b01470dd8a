"""Routes of notebook versions and cells."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Response

from octavo.records import cells as wire
from octavo_server.experiments.cells.service import CellsService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

PREFIX = "/projects/{project}/experiments"
#: Raw bytes: a notebook may hold what no JSON body may, such as NaN in an output.
Bytes = Annotated[bytes, Body(media_type="application/octet-stream")]
NotebookPath = Annotated[str, Query(min_length=1, max_length=500)]
RunIds = Annotated[list[str], Query(max_length=2, description="Two run ids, the older first.")]


def routes(cells: CellsService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("experiments")
    _stored(router, cells, guard)
    _linked(router, cells, guard)
    return router


def _stored(router: APIRouter, cells: CellsService, guard: Guard) -> None:
    @router.put(f"{PREFIX}/notebook-versions/{{sha256}}")
    def store_notebook_version(
        project: str,
        sha256: str,
        path: NotebookPath,
        content: Bytes,
        exact: Annotated[bool, Query(description="False: outputs were left out.")] = True,
        caller: Caller = guard.needs("experiments.record"),
    ) -> wire.NotebookVersion:
        """Keep the notebook version that makes a run; the same version is kept once."""
        made = cells.store_version(caller, project, sha256, path, content, exact=exact)
        return wire.NotebookVersion.model_validate(made)

    @router.get(f"{PREFIX}/notebook-versions/{{sha256}}")
    def read_notebook_version(
        project: str, sha256: str, caller: Caller = guard.needs("experiments.read")
    ) -> wire.NotebookVersion:
        """Read what is known of a stored notebook version."""
        return wire.NotebookVersion.model_validate(cells.version(project, sha256))

    @router.get(
        f"{PREFIX}/notebook-versions/{{sha256}}/content",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": {}}}},
    )
    def read_notebook_content(
        project: str, sha256: str, caller: Caller = guard.needs("experiments.read")
    ) -> Response:
        """Read the bytes of a stored notebook version; they are untrusted."""
        content = cells.content(project, sha256)
        return Response(content, media_type="application/octet-stream")

    @router.put(f"{PREFIX}/cell-sources/{{sha256}}")
    def store_cell_source(
        project: str,
        sha256: str,
        content: Bytes,
        caller: Caller = guard.needs("experiments.record"),
    ) -> wire.CellSource:
        """Keep the source of a cell as it ran, in UTF-8; the same source is kept once."""
        made = cells.store_source(caller, project, sha256, content)
        return wire.CellSource.model_validate(made)


def _linked(router: APIRouter, cells: CellsService, guard: Guard) -> None:
    @router.get(f"{PREFIX}/runs/{{run_id}}/notebook")
    def read_run_notebook(
        project: str, run_id: str, caller: Caller = guard.needs("experiments.read")
    ) -> wire.RunNotebook:
        """Read which notebook version and which cell made a run, and what is missing of it."""
        return cells.notebook(project, run_id)

    @router.get(f"{PREFIX}/cells")
    def list_cells(
        project: str,
        notebook: NotebookPath,
        whose: Annotated[Literal["mine", "all"], Query(description="Whose runs.")] = "mine",
        caller: Caller = guard.needs("experiments.read"),
    ) -> wire.NotebookCells:
        """List a notebook's cells that made runs, each with its newest runs and their metrics."""
        return cells.cells(project, notebook, caller.name if whose == "mine" else None)

    @router.get(f"{PREFIX}/notebook-difference")
    def compare_notebooks(
        project: str, run: RunIds, caller: Caller = guard.needs("experiments.read")
    ) -> wire.NotebookDifference:
        """Compare two runs as notebooks, cell by cell."""
        return cells.difference(project, run)
