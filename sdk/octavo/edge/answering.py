"""Lets programs on the device ask its model: ``POST /invocations`` on the loopback interface."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from octavo.edge.client import EdgeClient
from octavo.edge.errors import EdgeError

HOST = "127.0.0.1"
MOST_BYTES = 8 << 20
PATIENCE_S = 10.0
FORMS = ("dataframe_records", "instances", "inputs")


@contextmanager
def answering(client: EdgeClient, port: int) -> Iterator[int]:
    """Answer on a port of the loopback interface (0: any) for the block; gives the port."""

    class Handler(_Handler):
        device = client

    server = ThreadingHTTPServer((HOST, port), Handler)
    thread = Thread(target=server.serve_forever, name="octavo-edge answers", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    device: EdgeClient
    timeout = PATIENCE_S

    def do_GET(self) -> None:
        """Say which version answers."""
        claim = self.device.claim
        held = {"model": claim.model, "version": claim.version} if claim else None
        self._say(200 if held else 503, {"held": held, "refusal": self.device.refusal})

    def do_POST(self) -> None:
        """Predict."""
        try:
            rows = self._rows()
            predictions = self.device.predict(rows)
        except EdgeError as error:
            status = error.status or (503 if error.code == "empty" else 422)
            self._say(status, {"error": "edge", "message": error.message, "remedy": error.remedy})
            return
        claim = self.device.claim
        self._say(
            200,
            {"predictions": _finite(predictions), "version": claim.version if claim else None},
        )

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet: what was asked is nobody's business."""

    def _rows(self) -> list[Any]:
        if self.path != "/invocations":
            raise EdgeError(
                f"There is nothing at {self.path[:80]!r}.", "POST /invocations", status=404
            )
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise EdgeError(
                f"The body has {length[:20] or 'no'} bytes; up to {MOST_BYTES:,} are read.",
                "Send the rows in several requests.",
                status=413,
            )
        try:
            body = json.loads(self.rfile.read(int(length)))
            (form,) = body
            rows = body[form]
        except (ValueError, TypeError, RecursionError):
            form, rows = "", None
        if form not in FORMS or not isinstance(rows, list):
            raise EdgeError(
                "The body is no JSON object with one list of rows.",
                f"Send one of {', '.join(FORMS)}.",
                status=400,
            )
        return rows

    def _say(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _finite(value: Any) -> Any:
    """Return predictions as JSON has them: what is no number becomes null."""
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
