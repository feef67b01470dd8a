"""A child that holds a model, as bad as a model's code can make it: what it does is in a name.

Named by ``octavo_server.adapters.batch_bench.CHILD`` in tests; the name of an order's first file
says what it does with that order.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

from octavo_server.adapters.batch_child import Line


def main() -> None:
    """Say that the model is there, then misbehave."""
    out = Path(sys.argv[2])
    with socket.socket(fileno=int(sys.argv[3])) as raw:
        line = Line(raw)
        line.tell(said="ready")
        while (found := line.order()) is not None:
            order, handles = found
            what = str(order["files"][0]).partition(".")[0]
            made = out / f"part-{order['number']}.parquet"
            good = {"said": "scored", "rows": 1, "seconds": 0.1, "engine": "pyfunc"}
            if what == "hangs":
                line.still(5)
                raw.recv(1)
            elif what == "links":
                made.symlink_to("/etc/passwd")
                line.tell(**good)
            elif what == "garbage":
                raw.sendall(b"\xff not JSON")
            elif what == "lies":
                line.tell(**{**good, "rows": -1, "engine": "<img>"})
            elif what == "writes":
                try:
                    os.write(handles[0], b"changed")
                except OSError as error:
                    line.tell(said="failed", message=f"refused: {error.strerror}", remedy="")
            else:
                made.write_bytes(json.dumps(order["files"]).encode())
                line.tell(**good)


if __name__ == "__main__":
    main()
