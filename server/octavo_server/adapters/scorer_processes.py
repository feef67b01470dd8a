"""Scorers as child processes of this one, each under an own account of the machine.

A scorer's folder holds its log and its socket and belongs to its account. Its model lies beside
it, owned by the services and readable for that account alone: what was verified can't be changed
by the code that is loaded from it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from octavo.local.accounts import Account, Accounts
from octavo.local.confinement import Limits
from octavo.local.gpus import lease_environment
from octavo_scorer.wire import READY_PATH
from octavo_server.adapters.model_lending import lend, remove

LOOK_S = 0.5
"""Seconds for a scorer to say that it is ready."""
LOOK_AGAIN_S = 5.0
"""Seconds between two such questions to a scorer that answered before."""
SILENT_LOOKS = 3
"""Unanswered questions in a row after which it counts as gone."""
TAIL_BYTES = 4_096
"""Bytes of a log's end that are searched for the reason of an exit."""
QUOTED = 400
"""Characters of that reason."""
STOP_S = 5.0
"""Seconds between asking a scorer to end and ending it."""
PROCESSES = 256
"""Most threads and processes of a scorer's account."""
IDENTIFIER = re.compile(r"[a-z0-9-]{1,64}")
"""What names a scorer, and so its folder."""

log = logging.getLogger("octavo.scorers")


class Lent(msgspec.Struct, frozen=True):
    """The GPUs that a scorer has."""

    holder: str
    """Project and model that it predicts for."""
    gpus: tuple[int, ...]
    """By number."""


class Start(msgspec.Struct, frozen=True):
    """What a scorer is started with; its model's files lie in place."""

    id: str
    model: str
    version: int
    digest: str
    secret: str
    cpus: float
    memory_mib: int
    lent: Lent


class Seen(msgspec.Struct, frozen=True):
    """A look at a scorer."""

    life: str
    message: str
    address: str = ""


@dataclass(kw_only=True)
class _Child:
    process: subprocess.Popen[bytes]
    address: Path
    resources: ExitStack
    log: Path
    lent: Lent
    ready: bool = False
    silent: int = 0
    looked_at: float = 0.0


class ScorerProcesses:
    """The scorers of one machine; they end when this process does."""

    def __init__(self, home: Path, accounts: Accounts) -> None:
        self._folder = home / "scorers"
        self._logs = home / "logs"
        self._accounts = accounts
        self._children: dict[str, _Child] = {}
        # What a killed keeper left: its scorers ended with it, and nothing here is needed again.
        for left in self._folder.iterdir() if self._folder.is_dir() else ():
            remove(left)

    def start(self, order: Start) -> Seen:
        """Start a scorer; returns before it is ready. Raises AccountError, OSError, ValueError."""
        if not IDENTIFIER.fullmatch(order.id):
            raise ValueError(f"{order.id[:80]!r} names no scorer")
        if order.id in self._children:
            raise ValueError(f"scorer {order.id} runs already")
        resources = ExitStack()
        try:
            child = self._launch(order, resources)
        except BaseException:
            resources.close()
            raise
        self._children[order.id] = child
        return Seen("starting", "The model is being loaded.", str(child.address))

    def look(self, scorer: str) -> Seen:
        """Return how the scorer is."""
        child = self._children.get(scorer)
        if child is None:
            return Seen("absent", "It is not running.")
        status = child.process.poll()
        if status is not None:
            return Seen("exited", _last_words(child.log, status))
        if _answers(child):
            return Seen("ready", "It answers.", str(child.address))
        if child.silent >= SILENT_LOOKS:
            return Seen("exited", "It runs, but stopped answering.")
        return Seen("starting", "The model is being loaded.")

    def stop(self, scorer: str) -> None:
        """End the scorer and remove what it left; nothing happens when it is absent."""
        child = self._children.pop(scorer, None)
        if child is None:
            return
        _let_go(child.process)
        try:
            child.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        child.resources.close()

    def known(self) -> Mapping[str, Lent]:
        """Return the scorers that run here, and which GPUs each has."""
        return {scorer: child.lent for scorer, child in self._children.items()}

    def close(self) -> None:
        """End all scorers, at once; one that leaves something keeps none of the others."""
        for child in self._children.values():
            _let_go(child.process)
        for scorer in list(self._children):
            try:
                self.stop(scorer)
            except Exception:
                log.exception("scorer %s left something", scorer)

    def _launch(self, order: Start, resources: ExitStack) -> _Child:
        folder, model = self._folder / order.id, self._folder / f"{order.id}.model"
        remove(folder)
        for left in (folder, model):
            resources.callback(remove, left)
        # Entered after the callbacks, so that the account is empty before its files go.
        account = resources.enter_context(self._accounts.lease("scorer", folder))
        lend(model, account)
        self._logs.mkdir(mode=0o700, exist_ok=True)
        log = self._logs / f"scorer-{order.id}.log"
        process = _spawn(order, account, model, folder / "s", log)
        return _Child(
            process=process, address=folder / "s", resources=resources, log=log, lent=order.lent
        )


def _spawn(
    order: Start, account: Account, model: Path, address: Path, log: Path
) -> subprocess.Popen[bytes]:
    argv = [
        sys.executable, "-m", "octavo_scorer",
        "--model-dir", str(model / "files"), "--manifest", str(model / "manifest.json"),
        "--name", order.model, "--version", str(order.version), "--digest", order.digest,
        "--uds", str(address), "--memory-mib", str(order.memory_mib),
        "--provider", "cuda" if order.lent.gpus else "cpu",
    ]  # fmt: skip
    limits = Limits(
        memory_bytes=order.memory_mib << 20,
        cpus=order.cpus,
        processes=PROCESSES,
    )
    confined = account.popen_kwargs(limits, dies_with_parent=False)
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**_environment(account), **lease_environment(order.lent.gpus)},
            **confined,
        )
    if process.stdin is not None:
        try:
            process.stdin.write(f"{order.secret}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it ended already; the next look says why
    return process


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Tell a scorer that it is held no more; it ends."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):  # its secret may still wait for one that ended
            process.stdin.close()


def _environment(account: Account) -> Mapping[str, str]:
    """Return all that a scorer gets: no secret, no setting of the services.

    One thread a request: a few rows gain nothing from more, and threads that wait for each other
    on a busy machine made single rows ten times slower.
    """
    return {
        **account.environment(),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        "MLFLOW_TRACKING_URI": f"file://{account.home}/none",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }


def _answers(child: _Child) -> bool:
    """Ask the scorer; one that answered before is asked only now and then."""
    now = time.monotonic()
    if child.ready and now - child.looked_at < LOOK_AGAIN_S:
        return child.silent < SILENT_LOOKS
    child.looked_at = now
    if _is_ready(child.address):
        child.ready, child.silent = True, 0
        return True
    child.silent += child.ready
    return child.ready and child.silent < SILENT_LOOKS


def _is_ready(address: Path) -> bool:
    """Ask over the scorer's own socket; nobody else can have bound it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(LOOK_S)
        try:
            line.connect(str(address))
            line.sendall(f"GET {READY_PATH} HTTP/1.0\r\nHost: scorer\r\n\r\n".encode())
            return line.recv(64).split(b" ")[1:2] == [b"200"]
        except OSError:
            return False


def _last_words(log: Path, status: int) -> str:
    """Return why a scorer ended: its own last line, else its exit status."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - TAIL_BYTES))
            lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    how = f"signal {-status}" if status < 0 else f"status {status}"
    if not lines:
        return f"It ended with {how}."
    words = lines[-1].partition("refused: ")[2] or lines[-1]
    return f"It ended with {how}: {words[:QUOTED].rstrip('.')}."
