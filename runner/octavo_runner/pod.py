"""The main process of a pod's container for the runner: reads its order from files and runs it.

``OCTAVO_RUN_FOLDER`` is the run's folder on the claim: the notebook, what the kernel leaves in
``home``, and in ``.octavo``, which the kernel's container doesn't see, the event log and the output
notebook. ``OCTAVO_ORDER`` is the rest of the order, from a Secret. A file ``stop`` in the folder
ends the run and says why; the cluster's own wish to end the pod ends it without a last word, since
nobody asked for it and nobody may think that it was over.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from octavo_runner.errors import KernelDied, Refused
from octavo_runner.hosted_kernel import HostedKernel, Hosting
from octavo_runner.order import RunOrder
from octavo_runner.run import Places, Run

START_S = 120.0
OWN = ".octavo"
NO_ORDER = 3
TAKEN_AWAY = 143
LOOK_EVERY_S = 0.5


class StopFile:
    """Looks now and then whether somebody wants the run to end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._next = 0.0

    def __call__(self) -> str | None:
        """Return why the run is to end, once it is."""
        now = time.monotonic()
        if now < self._next:
            return None
        self._next = now + LOOK_EVERY_S
        with suppress(OSError):
            return self._file.read_text()[:1000].strip() or None
        return None


def main() -> int:
    """Run the order; 0: all cells ran, 1: they didn't, 3: there was nothing to run."""
    folder = Path(os.environ["OCTAVO_RUN_FOLDER"])
    home, own = folder / "home", folder / OWN
    try:
        order, environment = _order(folder)
        kernel = HostedKernel(
            Hosting(
                shared=Path(os.environ["OCTAVO_SHARED"]),
                scratch=home,
                work=home / "files",
                environment=environment,
                bounds=order.bounds,
            ),
            START_S,
        )
    except (Refused, KernelDied) as error:
        sys.stderr.write(f"{error.message}\n")
        return NO_ORDER
    signal.signal(signal.SIGTERM, lambda *_: os._exit(TAKEN_AWAY))
    try:
        kernel.wait_ready(START_S)
        places = Places(own=own, work=home / "files", scratch=home)
        return 0 if Run(order, kernel, places, StopFile(folder / "stop")).go() else 1
    except KernelDied as error:
        sys.stderr.write(f"{error.message}\n")
        return NO_ORDER
    finally:
        kernel.kill()


def _order(folder: Path) -> tuple[RunOrder, dict[str, str]]:
    """Return the order and the environment that its kernel is started with. Raises Refused."""
    try:
        told: dict[str, Any] = json.loads(Path(os.environ["OCTAVO_ORDER"]).read_text())
        environment = {str(name): str(value) for name, value in told.pop("kernel").items()}
        told["notebook"] = (folder / "notebook.ipynb").read_text("utf-8", "replace")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise Refused(f"The order can't be read: {type(error).__name__}: {error}.") from error
    return RunOrder.from_json(json.dumps(told)), environment


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
