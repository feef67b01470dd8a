"""One real IPython kernel for all tests of this folder, asked as JupyterLab asks it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop

PATIENCE_S = 60.0


@dataclass
class Kernel:
    """A running kernel."""

    manager: KernelManager
    client: BlockingKernelClient

    def run(self, code: str) -> None:
        """Run a cell as a person does; fails when the cell fails."""
        reply = self.client.execute_interactive(
            code, timeout=PATIENCE_S, output_hook=lambda _: None
        )
        assert reply["content"]["status"] == "ok", reply["content"]

    def value(self, expression: str) -> Any:
        """Return what an expression is in the kernel, without a cell."""
        said = self.silent({"it": f"__import__('json').dumps({expression})"})["it"]
        assert said["status"] == "ok", said
        return json.loads(eval(said["data"]["text/plain"]))  # noqa: S307  # a kernel of our own

    def look(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Ask for frames, or rows of one, exactly as the panel does."""
        literal = json.dumps(json.dumps(asked))
        expression = f'__import__("octavo.frames", fromlist=["look"]).look({literal})'
        said = self.silent({"octavo": expression})["octavo"]
        assert said["status"] == "ok", said
        seen: dict[str, Any] = said["data"]["application/json"]
        return seen

    def silent(self, expressions: dict[str, str]) -> dict[str, Any]:
        """Send the request that the panel sends and return the answered expressions."""
        message = self.client.execute(
            "", silent=True, store_history=False, user_expressions=expressions,
            allow_stdin=False, stop_on_error=False,
        )  # fmt: skip
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE_S)
            if reply["parent_header"]["msg_id"] == message:
                found: dict[str, Any] = reply["content"]["user_expressions"]
                return found


@pytest.fixture(scope="session")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """Start one kernel, over files instead of ports."""
    folder: Path = tmp_path_factory.mktemp("kernel")
    environment = {**os.environ, "IPYTHONDIR": str(folder / "ipython")}
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(folder / "k"))
    manager.start_kernel(env=environment, cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE_S)
    yield Kernel(manager, client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    # The client's calls share a loop that nobody else closes.
    ensure_event_loop().close()
