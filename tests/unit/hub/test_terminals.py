"""Terminals find `octavo` and `python` by the workspace's own PATH."""

from __future__ import annotations

import pytest
from jupyter_server.serverapp import ServerApp

from octavo_hub.workspace import LAB_CONFIGURATION


def test_a_terminals_shell_is_no_login_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(LAB_CONFIGURATION))
    server = ServerApp()
    server.load_config_file()
    assert server.terminado_settings == {"shell_command": ["bash"]}
