"""The scorer's command line; each option may come from the environment too, as images need."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from octavo_scorer.holder import Identity, ModelFiles, Runtime
from octavo_scorer.limits import Limits

PREFIX = "OCTAVO_SCORER_"
DEFAULTS = Limits()


def read_arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the parsed command line.

    An option that is left out is taken from the environment: ``--model-dir`` from
    ``OCTAVO_SCORER_MODEL_DIR``, and so on.
    """
    parser = argparse.ArgumentParser(
        "octavo_scorer", description="Hold one model version in memory and answer for it."
    )
    _model_options(parser)
    _runtime_options(parser)
    _limit_options(parser)
    _place_options(parser)
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to see its options
        name = PREFIX + action.dest.upper()
        if action.dest != "help" and name in os.environ:
            action.default = os.environ[name]
            action.required = False
    options = parser.parse_args(argv)
    if options.uds is None and options.port is None:
        parser.error("name --uds or --port: where to answer")
    return options


def _model_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model-dir", type=Path, required=True, help="folder with MLmodel")
    parser.add_argument(
        "--manifest",
        type=Path,
        help='JSON {"files": {path: SHA-256}}, as signed; left out: the files are not compared',
    )
    parser.add_argument("--name", required=True, help="registered model")
    parser.add_argument("--version", required=True, help="its version")
    parser.add_argument("--digest", default="", help="SHA-256 of the signed manifest")
    parser.add_argument(
        "--models", type=Path, help="folder below which versions may be swapped in; unset: none"
    )


def _runtime_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        choices=("auto", "onnx", "pyfunc"),
        default="auto",
        help="auto (the default) takes ONNX Runtime where the model was converted",
    )
    parser.add_argument("--threads", type=int, default=1, help="threads of one prediction")
    parser.add_argument(
        "--provider",
        choices=("cpu", "cuda", "auto"),
        default="cpu",
        help="cuda needs a GPU, auto takes one where there is one; the default is cpu",
    )


def _limit_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--max-rows", type=int, default=DEFAULTS.rows, help="rows of a request")
    parser.add_argument(
        "--answer-s",
        type=float,
        default=DEFAULTS.answer_s,
        help="seconds until a request is answered, and the longest that one prediction may take",
    )
    parser.add_argument(
        "--read-s",
        type=float,
        default=DEFAULTS.read_s,
        help="seconds for a request to arrive whole",
    )
    parser.add_argument(
        "--memory-mib",
        type=int,
        default=0,
        help="memory that the scorer may have; an engine that grows towards it is renewed "
        "beside; 0 (the default) watches nothing",
    )


def _place_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--secret-file",
        default="-",
        help="file with the secret; - (the default) reads it from standard input and ends with "
        "it; none lets anybody call who reaches the address",
    )
    parser.add_argument(
        "--metrics",
        choices=("closed", "open"),
        default="closed",
        help="open: /metrics wants no secret; the default is closed",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--uds", type=Path, help="Unix socket to answer on")
    where.add_argument("--port", type=int, help="port to answer on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address of --port")


def limits_of(options: argparse.Namespace) -> Limits:
    """Return the bounds that the command line asks for."""
    return Limits(
        rows=options.max_rows,
        answer_s=options.answer_s,
        read_s=options.read_s,
        memory_bytes=options.memory_mib << 20,
    )


def runtime_of(options: argparse.Namespace) -> Runtime:
    """Return how engines run."""
    return Runtime(engine=options.engine, threads=options.threads, provider=options.provider)


def files_of(options: argparse.Namespace) -> ModelFiles:
    """Return the model that the command line names."""
    identity = Identity(name=options.name, version=options.version, digest=options.digest)
    return ModelFiles(folder=options.model_dir, manifest=options.manifest, identity=identity)
