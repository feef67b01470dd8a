"""``python -m tests.support.controller HOME MODELS``: drives and judges until it is killed.

It does what the worker's two tasks do, on the same database and with the same scorers.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from octavo_server.database.sql import SqlDatabase, open_engine
from tests.support.serving import open_controller

NAMES = ("good", "better", "broken", "exits", "unsigned")


def main() -> None:
    """Reconcile twice a second, judge each second."""
    home, models = Path(sys.argv[1]), Path(sys.argv[2])
    versions = {("flights-late", number): models / name for number, name in enumerate(NAMES, 1)}
    database = SqlDatabase(open_engine(f"sqlite:///{home / 'test.sqlite'}"))
    reconciler, judge = open_controller(home, database, versions)

    def judging() -> None:
        while True:
            judge.step()
            time.sleep(1)

    threading.Thread(target=judging, name="judge", daemon=True).start()
    while True:
        reconciler.step()
        time.sleep(0.5)


if __name__ == "__main__":
    main()
