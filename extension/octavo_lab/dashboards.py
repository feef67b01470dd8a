"""Ends the kernels that closed dashboards leave behind.

Each view of a Voilà dashboard starts a kernel of 80 to 180 MB. A browser that closes the page asks
for its end, a browser that crashes or loses its network doesn't. A dashboard's kernel belongs to no
session, which tells it from the kernels of notebooks and consoles.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.services.kernels.kernelmanager import MappingKernelManager
from jupyter_server.services.sessions.sessionmanager import SessionManager
from traitlets.log import get_logger

ABANDONED_AFTER = timedelta(minutes=5)
"""How long a dashboard's kernel may stay without a viewer: a reload or a short network loss."""


def abandoned(
    kernels: Iterable[Mapping[str, Any]],
    session_kernels: Collection[str],
    now: datetime,
    after: timedelta,
) -> list[str]:
    """Pick the kernels that no session owns, nobody watches, and that have been idle long enough.

    ``kernels`` are Jupyter Server's kernel models; ``last_activity`` is ISO 8601 in UTC.
    """
    return [
        kernel["id"]
        for kernel in kernels
        if kernel["id"] not in session_kernels
        and kernel["connections"] == 0
        and kernel["execution_state"] != "busy"
        and now - datetime.fromisoformat(kernel["last_activity"]) >= after
    ]


async def reap(
    kernel_manager: MappingKernelManager,
    session_manager: SessionManager,
    now: datetime,
    after: timedelta = ABANDONED_AFTER,
) -> list[str]:
    """Shut down the abandoned dashboards' kernels and return their ids."""
    sessions: list[dict[str, Any]] = await ensure_async(session_manager.list_sessions())
    owned = {session["kernel"]["id"] for session in sessions if session.get("kernel")}
    kernels: list[dict[str, Any]] = await ensure_async(kernel_manager.list_kernels())
    ended = abandoned(kernels, owned, now, after)
    for kernel_id in ended:
        get_logger().info("Ending kernel %s: its dashboard was closed.", kernel_id)
        await ensure_async(kernel_manager.shutdown_kernel(kernel_id, now=True))
    return ended
