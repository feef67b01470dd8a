"""Artifacts of runs side by side: lists, images and the heads of tables, all within caps."""

from collections.abc import Sequence
from typing import Final

from octavo_server.errors import Invalid
from octavo_server.experiments.comparison import files
from octavo_server.experiments.comparison.domain import FileKind, Listing, Picture, Sheet
from octavo_server.experiments.comparison.ports import Files, Sheets
from octavo_server.experiments.runs.service import ExperimentsService, Run
from octavo_server.turns import Turns

MOST_RUNS: Final = 20
#: Files that are read at the same time, that wait, and how long: a table takes a process with up
#: to a gigabyte, and a browser asks for six pictures at once.
AT_ONCE: Final = 3
MOST_WAITING: Final = 12
WAIT_S: Final = 20.0


class ArtifactsService:
    """Files that runs left in MLflow."""

    def __init__(self, runs: ExperimentsService, stored: Files, sheets: Sheets) -> None:
        self._runs = runs
        self._stored = stored
        self._sheets = sheets
        self._turns = Turns(
            "previews of files", at_once=AT_ONCE, most_waiting=MOST_WAITING, wait_s=WAIT_S
        )

    def listing(self, project: str, run_ids: Sequence[str], path: str) -> tuple[list[str], Listing]:
        """The runs, and what lies in one folder of theirs.

        Raises Invalid for a path that climbs or too many runs, NotFound for an unknown run,
        Unavailable when MLflow doesn't answer.
        """
        ids = list(dict.fromkeys(run_ids))
        if not 1 <= len(ids) <= MOST_RUNS:
            raise Invalid(
                f"run: {len(ids)} different runs were given; 1 to {MOST_RUNS} are shown together.",
                "Give run= once for each run.",
            )
        checked = files.checked_path(path, folder=True)
        runs = [self._runs.run(project, one).run_id for one in ids]
        entries = files.merged([self._stored.listed(run, checked) for run in runs])
        shown = tuple(entries[: files.MOST_ENTRIES])
        return ids, Listing(path=checked, entries=shown, left_out=len(entries) - len(shown))

    def image(self, project: str, run_id: str, path: str) -> Picture:
        """An image. Raises Invalid for what is none or too large, NotFound, Unavailable."""
        checked = files.checked_path(path)
        run = self._runs.run(project, run_id)
        with self._turns.turn():
            content, complete = self._stored.read(run.run_id, checked, files.MOST_IMAGE_BYTES)
        if not complete:
            raise Invalid(
                f"The image {checked[-100:]!r} is over {files.MOST_IMAGE_BYTES >> 20} MiB.",
                "Log a smaller one, or open it in MLflow.",
            )
        return files.picture(content)

    def sheet(self, project: str, run_id: str, path: str) -> Sheet:
        """The head of a table or a text. Raises Invalid, NotFound or Unavailable."""
        checked = files.checked_path(path)
        kind = files.kind_of(checked)
        if kind not in (FileKind.TABLE, FileKind.TEXT):
            raise Invalid(
                f"path: {checked[-100:]!r} is no table and no text that is shown here.",
                "Tables are .csv, .tsv, .json and .parquet; open other files in MLflow.",
            )
        run = self._runs.run(project, run_id)
        with self._turns.turn():
            return self._sheet(run, checked, kind)

    def _sheet(self, run: Run, checked: str, kind: FileKind) -> Sheet:
        most = files.bytes_to_read(checked)
        content, complete = self._stored.read(run.run_id, checked, most)
        if kind is FileKind.TEXT:
            return text_of(content, complete=complete)
        end = files.end_of(checked)
        if not complete and most == files.MOST_TABLE_BYTES:
            raise Invalid(
                f"The table {checked[-100:]!r} is over {most >> 20} MiB.",
                "Log its head as a table of its own, or open it in MLflow.",
            )
        return self._sheets.head(end, content, complete=complete)


def text_of(content: bytes, *, complete: bool) -> Sheet:
    """The beginning of a text; what is no UTF-8 in it shows as such."""
    text = content.decode("utf-8", "replace").replace("\0", "\ufffd")
    more = not complete or len(text) > files.TEXT_CHARACTERS
    return Sheet(
        columns=(), rows=(), more_rows=more, more_columns=0, text=text[: files.TEXT_CHARACTERS]
    )
