"""``python -m octavo_scorer``: verify the files, load the model, answer."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn
import uvloop

from octavo_scorer.app import Scorer
from octavo_scorer.arguments import (
    files_of,
    limits_of,
    read_arguments,
    runtime_of,
)
from octavo_scorer.connections import bounded
from octavo_scorer.errors import ScorerError, Unavailable
from octavo_scorer.holder import Holder
from octavo_scorer.lifeline import end_with_parent, secret_from
from octavo_scorer.metrics import ScorerMetrics
from octavo_scorer.swapping import Swaps

SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket on Linux."""
BACKLOG = 1_024
"""Connections that may wait to be accepted."""
REFUSED = 3
"""Exit status when the model isn't served."""

log = logging.getLogger("octavo.scorer")


def open_socket(options: argparse.Namespace) -> socket.socket:
    """Return the bound socket; a Unix socket is for its owner alone."""
    if options.uds is None:
        listener = socket.create_server((options.host, options.port), backlog=BACKLOG)
        log.info("listening on %s:%s", *listener.getsockname()[:2])
        return listener
    path: Path = options.uds
    size = len(str(path).encode())
    if size > SOCKET_PATH_BYTES:
        raise Unavailable(
            f"The socket's path has {size} bytes, {SOCKET_PATH_BYTES} fit: {path}.",
            "Set OCTAVO_HOME to a shorter path.",
        )
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    return listener


def give_up(message: str) -> None:
    """End the scorer when its model can't be kept in memory; whoever started it decides."""
    log.error("refused: %s", message)
    os._exit(REFUSED)


async def serve(options: argparse.Namespace) -> None:
    """Run until the parent ends or a signal comes. Raises ScorerError before it listens."""
    secret = None if options.secret_file == "none" else secret_from(options.secret_file)
    if options.secret_file == "-":
        end_with_parent()
    limits, metrics = limits_of(options), ScorerMetrics()
    holder = Holder(limits, runtime_of(options), metrics, give_up)
    try:
        await holder.load(files_of(options))
        open_metrics = options.metrics == "open"
        app = Scorer(holder, metrics, secret, Swaps(options.models), open_metrics=open_metrics)
        listener = open_socket(options)
        config = uvicorn.Config(
            app,
            http=bounded(limits),
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=int(limits.idle_s),
        )
        gc.freeze()
        await uvicorn.Server(config).serve(sockets=[listener])
    finally:
        await holder.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the scorer; a refusal is one line on standard error and exit status 3."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    options = read_arguments(argv)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(options))
    except ScorerError as error:
        log.error("refused: %s %s", error.message, error.remedy)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
