"""Runs scorers on this machine, in a process of their own that outlives the worker.

The worker fetches a version's verified files and says what shall run; the keeper (see
``scorer_keeper``) holds the scorers. A worker that starts again finds those that still run.
"""

from __future__ import annotations

import atexit
import json
import logging
from pathlib import Path

from octavo_server.adapters.keeper_client import KeeperClient
from octavo_server.adapters.model_lending import remove
from octavo_server.adapters.scorer_gpus import ScorerGpus
from octavo_server.adapters.scorer_orders import Order, release
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

log = logging.getLogger("octavo.scorers")


class LocalScorers:
    """The scorers of one machine."""

    def __init__(
        self,
        home: Path,
        catalog: ModelCatalog,
        gpus: ScorerGpus | None = None,
        keeper: KeeperClient | None = None,
    ) -> None:
        """Nothing is touched before the first question: a second worker is refused before that."""
        self._folder = home / "scorers"
        self._catalog = catalog
        self._gpus = gpus or ScorerGpus()
        self._keeper = keeper or KeeperClient(home)
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
            self._keeper.ensure()
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
        answer = self._keeper.ask(Order("look", scorer))
        seen = None if answer is None else answer.seen
        if seen is None:
            return Observation(life=Life.ABSENT, message="It is not running.")
        return Observation(life=Life(seen.life), message=seen.message, address=seen.address)

    def stop(self, scorer: str) -> None:
        """End the scorer and remove what it left; nothing happens when it is absent."""
        answer = self._keeper.ask(Order("stop", scorer))
        if answer is not None and answer.error:
            log.warning("scorer %s left something: %s", scorer, answer.error)
        self._gpus.give_back(scorer)

    def known(self) -> frozenset[str]:
        """Return the scorers that run here."""
        self._enter()
        answer = self._keeper.ask(Order("known"))
        return frozenset() if answer is None else frozenset(answer.known)

    def share(self, shares: Shares) -> None:
        """Do nothing: nobody but the router sends anything to these scorers."""

    def close(self) -> None:
        """End all scorers."""
        atexit.unregister(self.close)
        self._keeper.end()
        self._entered = False

    def _enter(self) -> None:
        """Take over what a keeper holds, once."""
        if self._entered:
            return
        self._adopt()
        self._keeper.live()
        # A worker that ends as it should takes its scorers along; one that is killed can't.
        atexit.register(self.close)
        self._entered = True

    def _adopt(self) -> None:
        """Go on with what runs; what other code runs is ended, and started by this one's."""
        answer = self._keeper.ask(Order("known"))
        if answer is None:
            return
        if answer.release != release():
            log.warning("scorers of release %s are ended", answer.release or "unknown")
            self._keeper.end()
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
        answer = self._keeper.ask(Order("start", order.id, start))
        if answer is None or answer.seen is None:
            raise _not_started(answer.error if answer is not None else "its keeper is gone")
        return answer.seen


def _not_started(why: object) -> Unavailable:
    return Unavailable(
        f"The scorer can't be started: {why}.",
        "See logs/scorer-keeper.log and the worker's log.",
    )
