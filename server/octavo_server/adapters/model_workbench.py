"""Looks at model files in child processes under an account of their own.

Model files are code.  This process copies and hashes them; scanning and loading happen elsewhere.
"""

import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from octavo.local.accounts import Account, AccountError, Accounts
from octavo.local.confinement import Limits
from octavo_server.adapters.artifact_folder import (
    ArtifactFolder,
    read_description,
    read_packaging,
)
from octavo_server.adapters.model_intake import ModelIntake
from octavo_server.errors import Unavailable
from octavo_server.registry.registration.domain import Checkout, ConvertedForm, Staged
from octavo_server.registry.registration.paths import check_described
from octavo_server.registry.registration.watch import Watch
from octavo_server.registry.versions.domain import (
    Finding,
    Scan,
    Severity,
    Trial,
    TrialOutcome,
)

SCAN: Final = "octavo_server.adapters.model_scan_child"
TRIAL: Final = "octavo_server.adapters.model_trial_child"
CONVERT: Final = "octavo_server.adapters.model_onnx_child"
FORM: Final = frozenset({"model.onnx", "contract.json"})
"""The files of an ONNX form."""
SCAN_S: Final = 120
TRIAL_S: Final = 180
CONVERT_S: Final = 240
CHECK: Final = "check-"
"""First letters of the folders in which models are looked at."""
BEAT_S: Final = 0.05
"""Seconds between two looks at a child, and at whether somebody cancelled."""
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

    def __init__(
        self, accounts: Accounts, folder: Path, artifacts: ArtifactFolder, intake: ModelIntake
    ) -> None:
        self._accounts = accounts
        self._folder = folder
        self._artifacts = artifacts
        self._intake = intake

    @contextmanager
    def checkout(self, location: str, watch: Watch) -> Iterator[Checkout]:
        """A private copy for the block. Raises NotFound, Invalid, Conflict or Unavailable."""
        try:
            with (
                self._intake.take(self._artifacts.folder(location), watch.copied) as staged,
                self._home_of(staged) as home,
                self._accounts.lease("run", home, wait_s=60.0) as account,
            ):
                check_described(read_description(staged.folder))
                folder = home / "model"
                _show(staged, folder, account)
                yield _Bench(
                    staged=staged,
                    folder=folder,
                    packaging=read_packaging(staged.folder),
                    account=account,
                )
        except AccountError as error:
            raise Unavailable(f"No account is free: {error}", "Try again in a minute.") from error

    @contextmanager
    def _home_of(self, staged: Staged) -> Iterator[Path]:
        """A folder for the block, named as the stage, so that one owner holds both."""
        home = self._folder / f"{CHECK}{staged.folder.parent.name}"
        try:
            yield home
        finally:
            shutil.rmtree(home, ignore_errors=True)

    def sweep(self) -> int:
        """Remove what died with its process, of copies and of homes; return how many."""
        gone = len(self._intake.sweep())
        for home in self._folder.glob(f"{CHECK}*"):
            if not self._intake.held(home.name.removeprefix(CHECK)):
                shutil.rmtree(home, ignore_errors=True)
                gone += 1
        return gone

    def scan(self, checkout: Checkout, watch: Watch) -> Scan:
        """Looks for code in the files, without loading them. Raises Unavailable."""
        said = _ask(SCAN, checkout, SCAN_S, watch)
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

    def trial(self, checkout: Checkout, watch: Watch) -> Trial:
        """Loads the model and predicts on its input example, in a process of its own."""
        if not checkout.packaging.has_example:
            return Trial(
                outcome=TrialOutcome.NO_EXAMPLE,
                seconds=None,
                detail="The model has no input example to try.",
                isolated=False,
            )
        said = _ask(TRIAL, checkout, TRIAL_S, watch)
        answer = said.answer or {"ok": False, "detail": said.words}
        return Trial(
            outcome=TrialOutcome.PASSED if answer.get("ok") is True else TrialOutcome.FAILED,
            seconds=round(said.seconds, 2),
            detail=str(answer.get("detail"))[:2_000],
            isolated=_bench(checkout).account.own,
        )

    @contextmanager
    def convert(self, checkout: Checkout, watch: Watch) -> Iterator[ConvertedForm | str]:
        """An ONNX form whose outputs match the model's, or why there is none, as a sentence.

        The child writes into its own home; what it left there is taken over as a stranger's.
        """
        made = _bench(checkout).account.home / "onnx"
        said = _ask(CONVERT, checkout, CONVERT_S, watch, str(made))
        answer = said.answer or {"ok": False, "detail": said.words}
        detail = str(answer.get("detail"))[:2_000]
        difference = answer.get("max_difference")
        if answer.get("ok") is not True or not isinstance(difference, float):
            yield detail
            return
        with self._intake.take(made, _unseen) as staged:
            found = {one.path for one in staged.files}
            if found != FORM:
                yield f"The conversion wrote {', '.join(sorted(found))[:200]}."
                return
            yield ConvertedForm(
                staged=staged,
                max_difference=difference,
                rows=int(answer.get("rows") or 0),
                speedup=_number(answer.get("speedup")),
                detail=detail,
            )


def _ask(module: str, checkout: Checkout, limit_s: int, watch: Watch, *more: str) -> _Said:
    account = _bench(checkout).account
    begun = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(checkout.folder), *more],
            env=_environment(account),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            **account.popen_kwargs(
                Limits(memory_bytes=MEMORY, processes=PROCESSES), dies_with_parent=False
            ),
        )
        try:
            words = _waited(process, begun + limit_s, watch, limit_s)
        finally:
            process.kill()
            process.wait()
            account.kill_all()
        said = _end_of(err, 1_500) if words is None else words
        return _Said(
            answer=_last_line(_end_of(out, LONGEST_ANSWER)) if words is None else None,
            seconds=time.monotonic() - begun,
            words=said or f"it ended with {process.returncode}",
        )


def _waited(
    process: subprocess.Popen[bytes], until: float, watch: Watch, limit_s: int
) -> str | None:
    """Wait for a child's end; say so when it had to be ended. Raises what the watch raises."""
    while True:
        try:
            process.wait(BEAT_S)
        except subprocess.TimeoutExpired:
            watch.beat()
            if time.monotonic() > until:
                return f"it took longer than {limit_s} s"
        else:
            return None


def _environment(account: Account) -> dict[str, str]:
    return {
        **account.environment(),
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONUNBUFFERED": "1",
        "OMP_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_TRACKING_URI": f"file://{account.home}/none",
    }


def _end_of(file: IO[bytes], most: int) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - most))
    return file.read(most).decode("utf-8", "replace").strip()


def _show(staged: Staged, folder: Path, account: Account) -> None:
    """Let the account read the staged files: the same bytes under an own account, else a copy.

    A link belongs to the services and is read-only, so an account of its own can't change it.
    """
    for one in staged.files:
        target = folder / one.path
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account.own:
            (target).hardlink_to(staged.folder / one.path)
        else:
            shutil.copyfile(staged.folder / one.path, target)
    if account.own:
        for place, folders, _ in os.walk(folder):
            for name in folders:
                os.chown(Path(place) / name, account.uid, account.gid, follow_symlinks=False)
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)


def _unseen(_done: int, _total: int) -> None:
    """Tell nobody how far the taking over of a form is: it is small."""


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


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
