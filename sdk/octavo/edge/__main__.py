"""`octavo-edge`: the command line of a device."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from octavo.edge.client import EdgeClient, Settings
from octavo.edge.errors import EdgeError
from octavo.envelopes import Refused

MEGABYTE = 1 << 20
LEAST_PERIOD_S = 5.0


def parser() -> argparse.ArgumentParser:
    """Return what the command line takes; every option may come from OCTAVO_EDGE_<OPTION>."""
    made = argparse.ArgumentParser(
        prog="octavo-edge", description="Follow a deployment of Octavo on this device."
    )
    made.add_argument("--folder", type=Path, default=_given("folder", "octavo-edge"))
    made.add_argument("--key", type=Path, default=_given("key"), help="pinned public keys")
    made.add_argument("--url", default=_given("url", ""), help="the platform service's address")
    made.add_argument("--project", default=_given("project", ""))
    made.add_argument("--deployment", default=_given("deployment", ""))
    made.add_argument("--device", default=_given("device", ""), help="this device's name")
    made.add_argument("--token-file", type=Path, default=_given("token_file"))
    made.add_argument("--largest-mib", type=int, default=int(_given("largest_mib", "2048") or 0))
    made.add_argument("--allow-http", action="store_true", default=bool(_given("allow_http")))
    steps = made.add_subparsers(dest="step", required=True)
    steps.add_parser("pull", help="swap to the deployment's live version")
    steps.add_parser("report", help="tell the platform what happened")
    steps.add_parser("status", help="say what is held")
    steps.add_parser("predict", help="score the JSON list of rows on standard input")
    install = steps.add_parser("install", help="swap to a bundle that was brought as a file")
    install.add_argument("file", type=Path)
    install.add_argument("--allow-older", action="store_true", help="a rollback by hand")
    run = steps.add_parser("run", help="pull and report again and again")
    run.add_argument("--every", type=float, default=60.0, help="seconds between two pulls")
    run.add_argument("--port", type=int, help="answer POST /invocations on 127.0.0.1")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one step; what can't be done is said in a sentence, with status 1."""
    given = parser().parse_args(arguments)
    try:
        client = EdgeClient(_settings(given))
        try:
            return _step(client, given)
        finally:
            client.close()
    except (Refused, EdgeError) as error:
        sys.stderr.write(f"{error.message}\n{error.remedy}\n")
        return 1


def _step(client: EdgeClient, given: argparse.Namespace) -> int:
    if given.step == "pull":
        _say("swapped" if client.pull() else "nothing newer")
    elif given.step == "install":
        client.install(given.file, allow_older=given.allow_older)
    elif given.step == "report":
        _say(f"{client.report()} reports wait")
    elif given.step == "predict":
        _predict(client)
        return 0
    elif given.step == "run":
        return _run(client, given)
    return _status(client)


def _predict(client: EdgeClient) -> None:
    try:
        rows = json.load(sys.stdin)
    except (ValueError, RecursionError) as error:
        raise EdgeError(f"Standard input is no JSON: {error}.", "Write a list of rows.") from error
    if not isinstance(rows, list):
        raise EdgeError("Standard input holds no list.", "Write a list of rows.")
    try:
        _say(json.dumps(client.predict(rows)))
    finally:
        client.keep()


def _status(client: EdgeClient) -> int:
    claim = client.claim
    if claim is not None:
        _say(f"holds v{claim.version} of {claim.model} for the {claim.place}")
        _say(f"generation {claim.generation}, bundle {claim.digest}, key {claim.key_id[:16]}")
    else:
        _say("holds no model")
    if client.refusal:
        _say(f"refused: {client.refusal}")
    return 0 if claim is not None else 1


def _run(client: EdgeClient, given: argparse.Namespace) -> int:
    from octavo.edge.answering import answering

    over = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: over.set())
    with nullcontext(0) if given.port is None else answering(client, given.port) as port:
        if port:
            _say(f"answers on http://127.0.0.1:{port}/invocations")
        client.run(over, max(given.every, LEAST_PERIOD_S), _say)
    return 0


def _settings(given: argparse.Namespace) -> Settings:
    if given.key is None:
        raise EdgeError(
            "No public key is pinned, so nothing can be trusted.",
            "Add --key FILE with the file that `octavo keys` wrote.",
        )
    return Settings(
        folder=given.folder,
        keys=given.key,
        url=given.url,
        project=given.project,
        deployment=given.deployment,
        device=given.device,
        token=_token(given.token_file),
        allow_http=given.allow_http,
        largest=given.largest_mib * MEGABYTE,
    )


def _token(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise EdgeError(
            f"The token file {file} can't be read: {type(error).__name__}.",
            "Give the file that holds the consumer's token.",
        ) from error


def _given(option: str, default: str | None = None) -> str | None:
    return os.environ.get(f"OCTAVO_EDGE_{option.upper()}", default)


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
