"""What is checked before a start: settings, ports, tools, folders that accounts can enter."""

import os
import socket
import sys
from pathlib import Path

import pytest
from tests.support.ports import free_ports

from octavo.local import preflight
from octavo.local.errors import PortTaken, SettingWrong, ToolMissing
from octavo.local.launch import PORTS, Launch
from octavo.local.process import MARK


def launch(tmp_path: Path, **environment: str) -> Launch:
    return Launch.of({"PATH": os.environ["PATH"], "OCTAVO_HOME": str(tmp_path), **environment})


@pytest.mark.parametrize("offset", list(PORTS))
def test_a_taken_port_names_who_has_it_and_offers_free_ones(tmp_path: Path, offset: int) -> None:
    first = free_ports(len(PORTS))
    taken = first + offset
    wanted = launch(tmp_path, OCTAVO_PORT=str(first))
    said = rf"Port {taken}.* is in use by .*{os.getpid()}"
    with (
        socket.create_server(("127.0.0.1", taken)),
        pytest.raises(PortTaken, match=said) as refused,
    ):
        preflight.check_ports(wanted)
    other = int(refused.value.remedy.partition("OCTAVO_PORT=")[2].split()[0])
    preflight.check_ports(launch(tmp_path, OCTAVO_PORT=str(other)))


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8000.5", "８０００"])
def test_a_port_that_is_none_is_refused_with_its_value(tmp_path: Path, port: str) -> None:
    with pytest.raises(SettingWrong, match=port):
        launch(tmp_path, OCTAVO_PORT=port)


def test_a_missing_program_names_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    with pytest.raises(ToolMissing, match=r"traefik is not installed.*octavo\[hub\]"):
        preflight.check_tools(launch(tmp_path, PATH=str(tmp_path)))


def test_a_missing_module_names_the_extra_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preflight, "PROGRAMS", {})
    monkeypatch.setattr(preflight, "MODULES", {"no_such_engine": "server"})
    with pytest.raises(ToolMissing, match=r"no_such_engine.*octavo\[server\]"):
        preflight.check_tools(launch(tmp_path))


def test_a_wrong_sign_in_setting_is_refused_before_anything_starts(tmp_path: Path) -> None:
    preflight.check_sign_in(launch(tmp_path))
    wanted = launch(tmp_path, OCTAVO_AUTHENTICATOR="okta", OCTAVO_OKTA_URL="https://x.okta.com")
    with pytest.raises(SettingWrong, match=r"^OCTAVO_SIGN_IN_CLIENT_ID is not set"):
        preflight.check_sign_in(wanted)


def test_an_unbuilt_extension_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    with pytest.raises(ToolMissing, match="extension is not built"):
        preflight.check_extension()


def test_children_get_nothing_of_the_terminal_octavo_is_started_from(tmp_path: Path) -> None:
    environment = launch(
        tmp_path,
        JUPYTERHUB_API_TOKEN="another hub's",
        MLFLOW_TRACKING_URI="http://elsewhere",
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONPATH="/elsewhere",
        OCTAVO_PUBLIC_URL="https://octavo.example.org/",
        LANG="C.UTF-8",
        **{MARK: "another installation"},
    ).environment
    assert not {"JUPYTERHUB_API_TOKEN", "MLFLOW_TRACKING_URI", "PYTHONPATH"} & set(environment)
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment[MARK] != "another installation"
    assert environment["LANG"] == "C.UTF-8"
    assert environment["OCTAVO_PUBLIC_URL"] == "https://octavo.example.org/"
    assert environment["PATH"].startswith(str(Path(sys.executable).parent))


def test_the_proxy_is_asked_on_this_machine_whatever_it_listens_on(tmp_path: Path) -> None:
    wide = launch(tmp_path, OCTAVO_BIND="0.0.0.0", OCTAVO_PORT="8200")
    assert wide.public_url_inside == "http://127.0.0.1:8200"
