"""The notebook file and the cell that are being executed, as a run is tagged with them.

Nothing here imports an engine; all of it is bounded, for a training waits for it.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo.records.cells import LARGEST_VERSION

LARGEST_NOTEBOOK = 256 * 2**20
"""Notebooks over this size, in bytes, are linked without a digest."""
LARGEST_STRIPPED = 64 * 2**20
"""Notebooks over this size, in bytes, are linked by digest alone; smaller ones are stored, over
`LARGEST_VERSION` without outputs."""
GIT_S = 2.0
"""How long git may take to name the commit, seconds."""


@dataclass(frozen=True, kw_only=True)
class NotebookFile:
    """A notebook's file as it was read."""

    path: Path
    """Where it is."""
    shown: str
    """The path relative to home, or the whole one outside it."""
    sha256: str
    """Digest of its bytes; empty where it is over the limit or can't be read."""
    size: int
    """Its bytes."""
    content: bytes | None
    """The bytes, where they are few enough to be stored as they are."""


@dataclass(frozen=True, kw_only=True)
class ExecutingCell:
    """The cell that is being executed."""

    id: str
    """Its id in the notebook, empty where JupyterLab didn't say."""
    source: str
    """What is executed."""

    @property
    def sha256(self) -> str:
        """Digest of the source in UTF-8."""
        return hashlib.sha256(self.source.encode("utf-8", "replace")).hexdigest()


_read: dict[Path, tuple[tuple[int, int, int], NotebookFile]] = {}


def notebook_path(session: str) -> Path | None:
    """The file that `session` (JPY_SESSION_NAME) means; None where there is none."""
    return next((one for one in _places(session) if _is_file(one)), None)


def _places(session: str) -> list[Path]:
    """Where the notebook may lie: the name is absolute, or relative to home or to the kernel."""
    return [Path(session), Path.home() / session, Path.cwd() / Path(session).name]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def read_notebook(path: Path) -> NotebookFile:
    """The file's digest and, where it isn't too big, its bytes; an unchanged file is read once."""
    try:
        found = path.stat()
        state = (found.st_size, found.st_mtime_ns, found.st_ino)
        held = _read.get(path)
        if held is not None and held[0] == state:
            return held[1]
        made = _measured(path, found.st_size)
    except OSError:
        return NotebookFile(path=path, shown=shown(path), sha256="", size=0, content=None)
    _read.clear()  # a kernel has one notebook; a renamed one is no reason to keep the old bytes
    _read[path] = (state, made)
    return made


def _measured(path: Path, size: int) -> NotebookFile:
    content: bytes | None = None
    digest = ""
    if size <= LARGEST_VERSION:
        content = path.read_bytes()
        size, digest = len(content), hashlib.sha256(content).hexdigest()
    elif size <= LARGEST_NOTEBOOK:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return NotebookFile(path=path, shown=shown(path), sha256=digest, size=size, content=content)


def shown(path: Path) -> str:
    """The path relative to home, or the whole one outside it."""
    try:
        return path.resolve().relative_to(Path.home().resolve()).as_posix()
    except (ValueError, OSError):
        return path.as_posix()


def commit_of(folder: Path) -> str:
    """The commit that is checked out around `folder`, empty where there is none."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            timeout=GIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def executing_cell() -> ExecutingCell | None:
    """The notebook cell that is being executed, None outside a notebook.

    JupyterLab sends its id with the request to execute; the source is the request's own.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return None
    parent = kernel.get_parent("shell") or {}
    cell = parent.get("metadata", {}).get("cellId", "")
    source = parent.get("content", {}).get("code", "")
    return ExecutingCell(
        id=cell[:200] if isinstance(cell, str) else "",
        source=source if isinstance(source, str) else "",
    )


def without_outputs(content: bytes) -> bytes:
    """A notebook's JSON without the outputs of its cells. Raises ValueError for no notebook."""
    notebook: Any = json.loads(content)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list):
        raise ValueError("it is no notebook")
    for cell in cells:
        if isinstance(cell, dict):
            cell.pop("attachments", None)
            if "outputs" in cell:
                cell["outputs"] = []
    return json.dumps(notebook, ensure_ascii=False).encode("utf-8", "replace")


def stripped(path: Path, sha256: str, longest_s: float) -> bytes:
    """The file without outputs, made in a process of its own: training keeps its interpreter.

    Raises ValueError when the file isn't the one of that digest any more or is no notebook, and
    OSError or subprocess.SubprocessError when it takes too long or fails.
    """
    done = subprocess.run(
        [sys.executable, "-m", __name__, str(path), sha256],
        capture_output=True,
        timeout=longest_s,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    if done.returncode != 0:
        raise ValueError(done.stderr.decode(errors="replace").strip()[-200:] or "it failed")
    return done.stdout


def main(path: str, sha256: str) -> None:
    """Write the file without outputs to standard output."""
    content = Path(path).read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise SystemExit("the file was saved again meanwhile")
    try:
        sys.stdout.buffer.write(without_outputs(content))
    except (ValueError, RecursionError) as error:
        raise SystemExit(f"the file is no notebook: {error}") from error


if __name__ == "__main__":
    main(*sys.argv[1:3])
