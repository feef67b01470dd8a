"""How a workspace's environment becomes its connection."""

from __future__ import annotations

from pathlib import Path

import pytest

from octavo_lab.connection import from_environment
from octavo_lab.handlers import home_folder


def test_the_environment_of_a_hub_workspace() -> None:
    link = from_environment(
        {
            "OCTAVO_URL": "http://hub/services/octavo/",
            "JUPYTERHUB_API_TOKEN": "t",
            "OCTAVO_PROJECT": "flights",
            "JUPYTERHUB_USER": "scientist",
        }
    )
    assert link.api_url == "http://hub/services/octavo/api/v1/"
    assert (link.token, link.project, link.user) == ("t", "flights", "scientist")


def test_octavos_own_token_comes_first() -> None:
    environ = {"OCTAVO_TOKEN": "own", "JUPYTERHUB_API_TOKEN": "hub"}
    assert from_environment(environ).token == "own"


def test_the_token_shows_in_no_printed_form_and_not_in_what_the_browser_gets() -> None:
    link = from_environment({"OCTAVO_TOKEN": "secret-token"})
    assert "secret-token" not in repr(link) + str(link.workspace())


def test_the_served_folder_is_named_as_the_sdk_names_notebooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "work").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    assert home_folder("~") == home_folder(str(home)) == ""
    assert home_folder(str(home / "own")) == home_folder("~/own/") == "own"
    assert home_folder(str(tmp_path)) == tmp_path.resolve().as_posix()
