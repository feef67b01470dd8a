"""``python -m octavo_scorer``: verify the files, load the model, answer."""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from octavo_scorer.app import Identity, create_app
from octavo_scorer.errors import ScorerError, Unavailable
from octavo_scorer.lifeline import end_with_parent, secret_from
from octavo_scorer.manifest import read_manifest, verify_files

SOCKET_PATH_BYTES = 107
"""Longest path of a Unix socket on Linux."""

log = logging.getLogger("octavo.scorer")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the parsed command line."""
    parser = argparse.ArgumentParser("octavo_scorer", description=__doc__)
    parser.add_argument("--model-dir", type=Path, required=True, help="folder with MLmodel")
    parser.add_argument(
        "--manifest", type=Path, required=True, help='JSON {"files": {path: SHA-256}}, as signed'
    )
    parser.add_argument("--name", required=True, help="registered model")
    parser.add_argument("--version", required=True, help="its version")
    parser.add_argument("--digest", default="", help="SHA-256 of the signed manifest")
    parser.add_argument("--max-rows", type=int, default=1_000, help="most rows of one request")
    parser.add_argument(
        "--secret-file",
        default="-",
        help="file with the secret; - (the default) reads it from standard input and ends with it",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--uds", type=Path, help="Unix socket to answer on")
    where.add_argument("--port", type=int, help="port to answer on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address of --port")
    return parser.parse_args(argv)


def open_socket(options: argparse.Namespace) -> socket.socket:
    """Return the bound socket; a Unix socket is for its owner alone."""
    if options.uds is None:
        listener = socket.create_server((options.host, options.port))
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


def serve(options: argparse.Namespace) -> None:
    """Run until the parent ends or a signal comes. Raises ScorerError before it listens."""
    secret = secret_from(options.secret_file)
    if options.secret_file == "-":
        end_with_parent()
    verify_files(options.model_dir, read_manifest(options.manifest))
    # Imported after the check: nothing of the model is near before its bytes are known.
    from octavo_scorer.pyfunc import PyfuncModel

    model = PyfuncModel(options.model_dir, options.max_rows)
    identity = Identity(name=options.name, version=options.version, digest=options.digest)
    app = create_app(model, identity, secret)
    listener = open_socket(options)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


def main() -> int:
    """Run the scorer; a refusal is one line on standard error and exit status 3."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    try:
        serve(arguments())
    except ScorerError as error:
        log.error("refused: %s %s", error.message, error.remedy)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
