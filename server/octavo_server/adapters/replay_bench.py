"""Replays logged rows with a version in a child process under an account of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from octavo.local.accounts import Account, AccountError, Accounts
from octavo.local.confinement import Limits, give
from octavo_server.deployments.requests.ports import Replayed
from octavo_server.deployments.rollouts.ports import ModelCatalog
from octavo_server.deployments.serving.rules import score_of
from octavo_server.errors import Unavailable
from octavo_server.identity import new_id

CHILD: Final = "octavo_server.adapters.model_replay_child"
LIMIT_S: Final = 180
MEMORY: Final = 6 * 2**30
PROCESSES: Final = 200
LONGEST_ANSWER: Final = 4 * 2**20
LONGEST_WORDS: Final = 1_500


class AccountReplays:
    """Lends an account for each replay; what was verified is what is loaded."""

    def __init__(self, accounts: Accounts, folder: Path, catalog: ModelCatalog) -> None:
        self._accounts = accounts
        self._folder = folder
        self._catalog = catalog

    def replay(
        self, project: str, model: str, version: int, rows: Sequence[Mapping[str, Any]]
    ) -> Replayed:
        """Return what the version did. Raises NotFound or Unavailable."""
        home = self._folder / f"replay-{new_id()}"
        try:
            with self._accounts.lease("run", home, wait_s=60.0) as account:
                files = home / "model"
                self._catalog.fetch(project, model, version, files)
                logged = home / "rows.json"
                logged.write_text(json.dumps([dict(row) for row in rows]), "utf-8")
                if account.own:
                    give(home, account.uid, account.gid)
                said = _run(account, files, logged)
        except AccountError as error:
            raise Unavailable(f"No account is free: {error}", "Try again in a minute.") from error
        finally:
            shutil.rmtree(home, ignore_errors=True)
        return _read(said, version, len(rows))


def _run(account: Account, files: Path, logged: Path) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", CHILD, str(files), str(logged)],
            env=_environment(account),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            **account.popen_kwargs(
                Limits(memory_bytes=MEMORY, processes=PROCESSES), dies_with_parent=False
            ),
        )
        words = ""
        try:
            process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            words = f"it took longer than {LIMIT_S} s"
        finally:
            process.kill()
            process.wait()
            account.kill_all()
        lines = _end_of(out, LONGEST_ANSWER).splitlines()
        why = words or _end_of(err, LONGEST_WORDS) or f"it ended with {process.returncode}"
    try:
        said = json.loads(lines[-1]) if lines and not words else None
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {"ok": False, "detail": why}


def _read(said: Mapping[str, Any], version: int, rows: int) -> Replayed:
    """Return what the child said. Its words are a stranger's: nothing of them is taken as is."""
    if said.get("ok") is not True:
        failure = f"v{version} can't be loaded: {said.get('detail')}"[:LONGEST_WORDS]
        return Replayed(
            scores=[None] * rows, failures=rows, failure=failure, latencies_ms=(), load_s=0.0
        )
    predictions = said.get("predictions")
    if not isinstance(predictions, list) or len(predictions) != rows:
        raise Unavailable(
            f"The replay of v{version} did not answer one prediction a row.", "Gather it again."
        )
    reason = said.get("failure")
    return Replayed(
        scores=[score_of(one) for one in predictions],
        failures=min(max(int(said.get("failures") or 0), 0), rows),
        failure=None if reason is None else str(reason)[:500],
        latencies_ms=[float(one) for one in said.get("latencies_ms", ())][:1_000],
        load_s=round(float(said.get("load_s", 0.0)), 3),
    )


def _environment(account: Account) -> dict[str, str]:
    return {
        **account.environment(),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "OMP_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"file://{account.home}/none",
    }


def _end_of(file: IO[bytes], most: int) -> str:
    size = file.seek(0, 2)
    file.seek(max(0, size - most))
    return file.read(most).decode("utf-8", "replace").strip()
