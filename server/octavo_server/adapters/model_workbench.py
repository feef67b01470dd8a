"""Looks at model files in child processes under an account of their own.

Model files are code.  This process copies and hashes them; scanning and loading happen elsewhere.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from octavo.local.accounts import Account, AccountError, Accounts
from octavo.local.confinement import Limits, give
from octavo_server.adapters.artifact_folder import read_packaging
from octavo_server.errors import Unavailable
from octavo_server.identity import new_id
from octavo_server.registry.registration.domain import Checkout
from octavo_server.registry.versions.domain import (
    Finding,
    Scan,
    Severity,
    Trial,
    TrialOutcome,
)
from octavo_server.registry.versions.ports import ModelFiles

SCAN: Final = "octavo_server.adapters.model_scan_child"
TRIAL: Final = "octavo_server.adapters.model_trial_child"
SCAN_S: Final = 120
TRIAL_S: Final = 180
MEMORY: Final = 6 * 2**30
PROCESSES: Final = 200
LONGEST_ANSWER: Final = 2**20


@dataclass(frozen=True, kw_only=True)
class _Bench(Checkout):
    """A checkout with the account that it is looked at under."""

    account: Account


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What a child said."""

    answer: dict[str, Any] | None
    """The JSON object on its last line, None when there is none."""
    seconds: float
    """How long it took."""
    words: str
    """The end of its error output, or why it was stopped."""


class AccountWorkbench:
    """Copies a model into the home of a lent account and runs the children there."""

    def __init__(self, accounts: Accounts, folder: Path, files: ModelFiles) -> None:
        self._accounts = accounts
        self._folder = folder
        self._files = files

    @contextmanager
    def checkout(self, location: str) -> Iterator[Checkout]:
        """A private copy for the block. Raises NotFound, Invalid, or Unavailable."""
        home = self._folder / f"check-{new_id()}"
        try:
            with self._accounts.lease("run", home, wait_s=60.0) as account:
                folder = home / "model"
                folder.mkdir(mode=0o700)
                files = self._files.copy(location, folder)
                packaging = read_packaging(folder)
                if account.own:
                    give(folder, account.uid, account.gid)
                yield _Bench(folder=folder, files=files, packaging=packaging, account=account)
        except AccountError as error:
            raise Unavailable(f"No account is free: {error}", "Try again in a minute.") from error
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def scan(self, checkout: Checkout) -> Scan:
        """Looks for code in the files, without loading them. Raises Unavailable."""
        said = self._ask(SCAN, checkout, SCAN_S)
        if said.answer is None:
            raise Unavailable(
                f"The model's files could not be scanned: {said.words}",
                "Try again; a file that can't be scanned isn't registered.",
            )
        findings = tuple(
            Finding(
                path=str(one["path"])[:500],
                severity=Severity(one["severity"]),
                what=str(one["what"])[:2_000],
            )
            for one in said.answer["findings"]
        )
        return Scan(scanned=int(said.answer["scanned"]), findings=findings)

    def trial(self, checkout: Checkout) -> Trial:
        """Loads the model and predicts on its input example, in a process of its own."""
        if not checkout.packaging.has_example:
            return Trial(
                outcome=TrialOutcome.NO_EXAMPLE,
                seconds=None,
                detail="The model has no input example to try.",
                isolated=False,
            )
        said = self._ask(TRIAL, checkout, TRIAL_S)
        answer = said.answer or {"ok": False, "detail": said.words}
        return Trial(
            outcome=TrialOutcome.PASSED if answer.get("ok") is True else TrialOutcome.FAILED,
            seconds=round(said.seconds, 2),
            detail=str(answer.get("detail"))[:2_000],
            isolated=_bench(checkout).account.own,
        )

    def _ask(self, module: str, checkout: Checkout, limit_s: int) -> _Said:
        account = _bench(checkout).account
        environment = {
            **account.environment(),
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONUNBUFFERED": "1",
            "OMP_NUM_THREADS": "1",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        begun = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(checkout.folder)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            **account.popen_kwargs(
                Limits(memory_bytes=MEMORY, processes=PROCESSES), dies_with_parent=False
            ),
        )
        try:
            out, err = process.communicate(timeout=limit_s)
            words = err.strip()[-1_500:] or f"it ended with {process.returncode}"
        except subprocess.TimeoutExpired:
            out, words = "", f"it took longer than {limit_s} s"
        finally:
            process.kill()
            process.communicate()
            account.kill_all()
        return _Said(answer=_last_line(out), seconds=time.monotonic() - begun, words=words)


def _bench(checkout: Checkout) -> _Bench:
    if not isinstance(checkout, _Bench):
        raise TypeError("this checkout was made by another workbench")
    return checkout


def _last_line(out: str) -> dict[str, Any] | None:
    lines = out[-LONGEST_ANSWER:].strip().splitlines()
    try:
        found = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
