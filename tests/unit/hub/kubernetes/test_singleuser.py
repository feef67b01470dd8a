"""What happens inside a pod before JupyterLab starts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from octavo_hub.kubernetes import singleuser


def test_a_new_home_gets_the_projects_notebooks_once(tmp_path: Path) -> None:
    environment = {"OCTAVO_PROJECT": "flights", "OCTAVO_TEMPLATE": "flights"}
    singleuser.prepare(tmp_path, environment)
    notebooks = list((tmp_path / "flights").rglob("*.ipynb"))
    assert notebooks
    assert environment["JUPYTERHUB_DEFAULT_URL"] == "/lab/tree/flights"
    assert environment["OCTAVO_DASHBOARDS"] == "flights"
    assert Path(environment["JUPYTER_CONFIG_PATH"], "labconfig").is_dir()
    notebooks[0].write_text("mine")
    singleuser.prepare(tmp_path, environment)
    assert notebooks[0].read_text() == "mine"


def test_a_full_home_ends_the_start_with_words_that_the_hub_understands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(singleuser, "trouble", lambda _home: "No space left on device: x")
    with pytest.raises(SystemExit, match=r"^No space left on device: x$"):
        singleuser.prepare(tmp_path, {"OCTAVO_PROJECT": "flights"})


def test_a_rescue_keeps_jupyterlabs_own_files_beside_the_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTAVO_RESCUE", "1")
    home, beside = tmp_path / "home", tmp_path / "beside"
    home.mkdir()
    beside.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(beside))
    environment = {"OCTAVO_RESCUE": "1", "OCTAVO_PROJECT": "flights", "OCTAVO_TEMPLATE": "flights"}
    singleuser.prepare(home, environment)
    assert list(home.iterdir()) == []
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "TMPDIR"):
        assert environment[name].startswith(str(beside))
        assert Path(environment[name]).is_dir()
    assert "--FileContentsManager.delete_to_trash=False" in singleuser.arguments()


def test_room_is_tried_and_not_computed(tmp_path: Path) -> None:
    assert singleuser.trouble(tmp_path) == ""
    missing = tmp_path / "missing"
    wrong = f"The home {missing} can't be written to: No such file or directory"
    assert singleuser.trouble(missing) == wrong
    code = "import pathlib, sys; from octavo_hub.kubernetes.singleuser import trouble; "
    code += "print(trouble(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 512; exec "$@"', "full", sys.executable, "-c", code, tmp_path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"No space left on device: {tmp_path} is full"
