"""Runs scorers on this machine, in a process of their own that outlives the worker.

The worker fetches a version's verified files and says what shall run; the keeper (see
``scorer_keeper``) holds the scorers. A worker that starts again finds those that still run.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from octavo import __version__
from octavo_server.adapters.model_lending import remove
from octavo_server.adapters.scorer_gpus import ScorerGpus
from octavo_server.adapters.scorer_keeper import SOCKET, Answer, Order, read_all
from octavo_server.adapters.scorer_processes import Lent, Seen, Start
from octavo_server.deployments.rollouts.ports import (
    Life,
    ModelCatalog,
    Observation,
    ScorerOrder,
    Shares,
)
from octavo_server.errors import Unavailable

START_LIMIT_S = 120.0
"""Seconds for a model to be loaded."""
ANSWER_S = 60.0
"""Seconds for the keeper to answer: an account may have to be made first."""
KEEPER_S = 30.0
"""Seconds for a keeper to come up, and for one to end its scorers."""
AGAIN_S = 0.02
"""Seconds between two looks for a keeper that is coming or going."""

log = logging.getLogger("octavo.scorers")


class LocalScorers:
    """The scorers of one machine."""

    def __init__(self, home: Path, catalog: ModelCatalog, gpus: ScorerGpus | None = None) -> None:
        """Nothing is touched before the first question: a second worker is refused before that."""
        self._home = home
        self._folder = home / "scorers"
        self._catalog = catalog
        self._gpus = gpus or ScorerGpus()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._entered = False

    @property
    def start_limit_s(self) -> float:
        """Seconds after which a scorer that isn't ready is ended and started again."""
        return START_LIMIT_S

    def start(self, order: ScorerOrder) -> Observation:
        """Start a scorer; returns before it is ready. Raises Unavailable when it can't."""
        self._enter()
        self.stop(order.id)
        holder = f"{order.project}/{order.model}"
        lent = Lent(holder, self._gpus.lend(order.id, holder, order.resources.gpus))
        model = self._folder / f"{order.id}.model"
        try:
            # The keeper comes first: a new one removes what an earlier one left in the folder.
            self._ensure_keeper()
            self._fetch(order, model)
            seen = self._started(order, lent)
        except BaseException as error:
            self._gpus.give_back(order.id)
            remove(model)
            if isinstance(error, OSError):
                raise _not_started(error) from error
            raise
        return Observation(
            life=Life(seen.life), message=seen.message, address=seen.address, gpus=lent.gpus
        )

    def look(self, scorer: str) -> Observation:
        """Return how the scorer is. Raises Unavailable when the keeper doesn't say it."""
        self._enter()
        answer = self._ask(Order("look", scorer))
        seen = None if answer is None else answer.seen
        if seen is None:
            return Observation(life=Life.ABSENT, message="It is not running.")
        return Observation(life=Life(seen.life), message=seen.message, address=seen.address)

    def stop(self, scorer: str) -> None:
        """End the scorer and remove what it left; nothing happens when it is absent."""
        self._ask(Order("stop", scorer))
        self._gpus.give_back(scorer)

    def known(self) -> frozenset[str]:
        """Return the scorers that run here."""
        self._enter()
        answer = self._ask(Order("known"))
        return frozenset() if answer is None else frozenset(answer.known)

    def share(self, shares: Shares) -> None:
        """Do nothing: nobody but the router sends anything to these scorers."""

    def close(self) -> None:
        """End all scorers."""
        atexit.unregister(self.close)
        if self._ask(Order("close")) is None and self._keeper is None:
            return
        _until_gone(self._home / SOCKET)
        if self._keeper is not None:
            self._keeper.wait(KEEPER_S)
            self._keeper = None

    def _enter(self) -> None:
        """Take over what a keeper holds, once."""
        if self._entered:
            return
        self._entered = True
        self._adopt()
        # A worker that ends as it should takes its scorers along; one that is killed can't.
        atexit.register(self.close)

    def _adopt(self) -> None:
        """Go on with what runs; what another release runs is ended, and started by this one."""
        answer = self._ask(Order("known"))
        if answer is None:
            return
        if answer.release != __version__:
            self.close()
            return
        for scorer, lent in answer.known.items():
            self._gpus.adopt(scorer, lent.holder, lent.gpus)
        log.info("%d scorers go on", len(answer.known))

    def _fetch(self, order: ScorerOrder, model: Path) -> None:
        self._folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        remove(model)
        files = self._catalog.fetch(order.project, order.model, order.version, model / "files")
        (model / "manifest.json").write_text(json.dumps({"files": dict(files)}), "utf-8")

    def _started(self, order: ScorerOrder, lent: Lent) -> Seen:
        start = Start(
            id=order.id,
            model=order.model,
            version=order.version,
            digest=order.digest,
            secret=order.secret,
            cpus=order.resources.cpus,
            memory_mib=order.resources.memory_mib,
            lent=lent,
        )
        answer = self._ask(Order("start", order.id, start))
        if answer is None or answer.seen is None:
            raise _not_started(answer.error if answer is not None else "its keeper is gone")
        return answer.seen

    def _ask(self, order: Order) -> Answer | None:
        """Return the keeper's answer; None when there is none. Raises Unavailable when it hangs."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(ANSWER_S)
            try:
                line.connect(str(self._home / SOCKET))
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            try:
                line.sendall(msgspec.json.encode(order))
                line.shutdown(socket.SHUT_WR)
                return msgspec.json.decode(read_all(line), type=Answer)
            except (ConnectionError, msgspec.DecodeError):
                return None  # it ended while it was asked
            except TimeoutError as error:
                raise Unavailable(
                    f"What holds the scorers didn't answer within {ANSWER_S:g} s.",
                    "See logs/scorer-keeper.log.",
                ) from error

    def _ensure_keeper(self) -> None:
        """Start a keeper unless one answers. Raises OSError."""
        if self._ask(Order("known")) is not None:
            return
        logs = self._home / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        argv = [
            sys.executable, "-m", "octavo_server.adapters.scorer_keeper",
            "--home", str(self._home), "--release", __version__,
        ]  # fmt: skip
        with (logs / "scorer-keeper.log").open("ab") as output:
            self._keeper = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=os.sep,
            )
        deadline = time.monotonic() + KEEPER_S
        while self._ask(Order("known")) is None:
            if self._keeper.poll() is not None or time.monotonic() > deadline:
                raise OSError("what holds the scorers doesn't start; see logs/scorer-keeper.log")
            time.sleep(AGAIN_S)


def _not_started(why: object) -> Unavailable:
    return Unavailable(f"The scorer can't be started: {why}.", "See the worker's log.")


def _until_gone(address: Path) -> None:
    deadline = time.monotonic() + KEEPER_S
    while address.exists() and time.monotonic() < deadline:
        time.sleep(AGAIN_S)
