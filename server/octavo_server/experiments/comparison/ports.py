"""What comparisons need from outside: histories and files of MLflow, tables read apart."""

from typing import Protocol

from octavo_server.experiments.comparison.domain import History, Sheet


class Histories(Protocol):
    """Metric histories of MLflow. Raises Unavailable when MLflow doesn't answer."""

    def history(self, run_id: str, metric: str, since: int | None = None) -> History:
        """All values, in any order; with `since` (milliseconds) only those from then on."""


class Files(Protocol):
    """Artifacts of MLflow. Raises Unavailable when MLflow doesn't answer."""

    def listed(self, run_id: str, path: str) -> list[tuple[str, int | None]]:
        """Paths in a folder with their bytes, None for a folder; empty where there is none."""

    def read(self, run_id: str, path: str, most: int) -> tuple[bytes, bool]:
        """The first `most` bytes of a file, and whether that is all. Raises NotFound."""


class Sheets(Protocol):
    """Reads tables in a process of its own."""

    def head(self, kind: str, content: bytes, *, complete: bool) -> Sheet:
        """The first rows; `kind` is csv, tsv, json or parquet. Raises Invalid or Unavailable."""
