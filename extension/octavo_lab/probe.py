"""Tells the platform what goes on in this workspace, so that nothing at work is stopped as idle.

It reads what Jupyter Server holds in memory anyway and sends it with the workspace's own token.
Whatever fails here is said once in the log and tried again; the server never notices.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import zmq
from tornado.ioloop import IOLoop, PeriodicCallback

from octavo_lab.cells import Cells
from octavo_lab.connection import Connection
from octavo_lab.failures import ProxyFailure
from octavo_lab.gpu import Gpus
from octavo_lab.presence import Presence
from octavo_lab.relay import Outgoing, Relay
from octavo_lab.terminals import active, newest_output

PATH = "workspaces/mine/probe"
FAULTS = (
    OSError,
    RuntimeError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    zmq.ZMQError,
    httpx.HTTPError,
)
"""What may go wrong with Jupyter's parts: a kernel that ends just now, a socket that is closed."""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where a probe reads."""

    cells: Cells
    """The kernels and what they are busy with."""
    kernels: Any
    """Jupyter Server's kernel manager."""
    terminals: Callable[[], Any]
    """Gives its terminal manager; None where terminals are switched off."""
    presence: Presence
    """The person's last request that changed something."""
    gpus: Gpus
    """The leased GPUs."""


async def take(sources: Sources, now: datetime, since: datetime) -> dict[str, object]:
    """Read the workspace's state and return it as the platform's ``Probe``, ready for JSON.

    ``since`` is when the last probe was taken: terminals count as active by output after it.
    """
    busy, kernels = sources.cells.count()
    terminals = getattr(sources.terminals(), "terminals", {})
    moments = [sources.presence.last, _kernel_activity(sources, kernels), newest_output(terminals)]
    known = [one for one in moments if one is not None]
    return {
        "at": now.isoformat(),
        "busy_kernels": busy,
        "kernels": kernels,
        "active_terminals": active(terminals, since),
        "gpu_percent": await sources.gpus.percent(),
        "activity_at": max(known).isoformat() if known else None,
    }


def _kernel_activity(sources: Sources, kernels: int) -> datetime | None:
    """Return a kernel's last activity; without a kernel it is only the server's own start."""
    last = getattr(sources.kernels, "last_kernel_activity", None)
    return last if kernels and isinstance(last, datetime) else None


@dataclass(kw_only=True)
class Prober:
    """Takes a probe every few seconds and sends it, for as long as the server's loop runs."""

    sources: Sources
    relay: Relay
    connection: Connection
    log: logging.Logger | logging.LoggerAdapter[Any]
    _silent: bool = field(default=False, init=False)
    _last: datetime = field(default_factory=lambda: datetime.now(UTC), init=False)
    _under_way: bool = field(default=False, init=False)
    _ticks: PeriodicCallback | None = field(default=None, init=False)

    def start(self) -> None:
        """Take the first probe as soon as the loop runs, then one every few seconds."""
        self._ticks = PeriodicCallback(self.look, self.connection.probe_seconds * 1000)
        self._ticks.start()
        IOLoop.current().add_callback(self.look)

    def stop(self) -> None:
        """Take no further probe, and follow no kernel any more."""
        if self._ticks is not None:
            self._ticks.stop()
        self.sources.cells.close()

    @property
    def wanted(self) -> bool:
        """Whether there is a platform to tell, and a session to tell it of."""
        return bool(self.connection.url and self.connection.token and self.connection.session)

    async def look(self) -> None:
        """Take one probe and send it; a probe that is still under way is not overtaken."""
        if self._under_way:
            return
        self._under_way = True
        try:
            await self._send(await self._take())
        except ProxyFailure as failure:
            self._failed(failure.message)
        except FAULTS as fault:
            self._failed(f"{type(fault).__name__}: {fault}")
        else:
            self._answered()
        finally:
            self._under_way = False

    async def _take(self) -> dict[str, object]:
        now = datetime.now(UTC)
        since, self._last = self._last, now
        return await take(self.sources, now, since - timedelta(seconds=1))

    async def _send(self, probe: dict[str, object]) -> None:
        request = Outgoing(
            method="POST",
            path=PATH,
            query="",
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Idempotency-Key": uuid.uuid4().hex,
            },
            body=json.dumps(probe).encode(),
        )
        async with self.relay.open(request) as answer:
            said = b"".join([chunk async for chunk in answer.chunks])
            if answer.status >= 400:
                raise ProxyFailure(
                    f"the platform answered {answer.status}: "
                    f"{said[:300].decode(errors='replace').strip()}",
                    "",
                )

    def _failed(self, why: str) -> None:
        if not self._silent:
            self.log.warning(
                "Octavo wasn't told what goes on in this workspace; it is tried again every "
                "%g s and said once: %s",
                self.connection.probe_seconds,
                why,
            )
        self._silent = True

    def _answered(self) -> None:
        if self._silent:
            self.log.info("Octavo is told again what goes on in this workspace.")
        self._silent = False
