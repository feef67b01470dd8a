"""papermill's metadata of a notebook and its cells: who reads its outputs finds what they know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from octavo_runner.notebook import Notebook

VERSION = "octavo"


def begin(notebook: Notebook, parameters: Mapping[str, Any]) -> None:
    """Note that the notebook starts."""
    kept = notebook["metadata"].setdefault("papermill", {})
    kept.setdefault("default_parameters", {})
    kept.setdefault("environment_variables", {})
    kept.setdefault("version", VERSION)
    kept |= {
        "parameters": dict(parameters),
        "start_time": _now(),
        "end_time": None,
        "duration": None,
        "exception": None,
    }
    for cell in notebook["cells"]:
        cell["metadata"]["papermill"] = {
            "exception": None,
            "start_time": None,
            "end_time": None,
            "duration": None,
            "status": "pending",
        }


def cell_begins(cell: dict[str, Any]) -> None:
    """Note that a cell starts."""
    cell["metadata"]["papermill"] |= {"start_time": _now(), "status": "running", "exception": False}


def cell_ends(cell: dict[str, Any], *, failed: bool = False) -> None:
    """Note that a cell is over."""
    kept, now = cell["metadata"]["papermill"], _now()
    kept |= {"end_time": now, "duration": _apart(kept["start_time"], now)}
    kept["status"] = "failed" if failed else "completed"
    kept["exception"] = failed


def end(notebook: Notebook, *, failed: bool) -> None:
    """Note that the notebook is over; what comes after a failed cell stays pending."""
    kept, now = notebook["metadata"]["papermill"], _now()
    kept |= {"end_time": now, "duration": _apart(kept["start_time"], now)}
    kept["exception"] = True if failed else None
    if not failed:
        for cell in notebook["cells"]:
            if cell["metadata"]["papermill"]["status"] == "pending":
                cell["metadata"]["papermill"]["status"] = "completed"


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _apart(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
