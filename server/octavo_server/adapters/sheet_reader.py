"""Orders the heads of tables from a child process under an account of its own.

Tables that people logged may be made to fill a memory or to break their reader.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from octavo.local.accounts import Account, AccountError, Accounts
from octavo.local.confinement import Limits
from octavo_server.errors import Invalid, Unavailable
from octavo_server.experiments.comparison.domain import Sheet
from octavo_server.identity import new_id

CHILD: Final = "octavo_server.adapters.sheet_child"
LIMIT_S: Final = 15.0
MEMORY: Final = 1 << 30
PROCESSES: Final = 40
LONGEST_ANSWER: Final = 32 << 20
WAIT_S: Final = 20.0


class SheetReader:
    """Lends an account for each table."""

    def __init__(self, accounts: Accounts, folder: Path, limit_s: float = LIMIT_S) -> None:
        self._accounts = accounts
        self._folder = folder
        self._limit_s = limit_s

    def head(self, kind: str, content: bytes, *, complete: bool) -> Sheet:
        """The first rows. Raises Invalid for what can't be read, Unavailable without an account."""
        home = self._folder / f"sheet-{new_id()}"
        try:
            with self._accounts.lease("run", home, wait_s=WAIT_S) as account:
                found = self._ask(account, kind, content, complete=complete)
        except AccountError as error:
            raise Unavailable(f"No account is free: {error}", "Try again in a minute.") from error
        finally:
            shutil.rmtree(home, ignore_errors=True)
        if "wrong" in found:
            raise Invalid(
                f"The file can't be read as {kind}: {found['wrong']}.", "Open it in MLflow."
            )
        return Sheet(
            columns=tuple(found["columns"]),
            rows=tuple(tuple(row) for row in found["rows"]),
            more_rows=found["more_rows"],
            more_columns=found["more_columns"],
            text=found["text"],
        )

    def _ask(
        self, account: Account, kind: str, content: bytes, *, complete: bool
    ) -> dict[str, Any]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", CHILD, kind, "complete" if complete else "head"],
            env={**account.environment(), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            **account.popen_kwargs(
                Limits(memory_bytes=MEMORY, processes=PROCESSES), dies_with_parent=False
            ),
        )
        try:
            out, _ = process.communicate(content, timeout=self._limit_s)
        except subprocess.TimeoutExpired:
            return {"wrong": f"it took longer than {self._limit_s:g} s"}
        finally:
            process.kill()
            process.wait()
        return _answer(out, process.returncode)


def _answer(out: bytes, status: int) -> dict[str, Any]:
    try:
        found = json.loads(out) if 0 < len(out) <= LONGEST_ANSWER else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        return {"wrong": f"its reader ended with {status}, within {MEMORY >> 30} GiB of memory"}
    return found
