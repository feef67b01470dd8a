"""What happens inside a pod before JupyterLab starts."""

from __future__ import annotations

import os
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
    monkeypatch.setattr(singleuser, "has_room", lambda _home: False)
    with pytest.raises(SystemExit, match=r"^No space left on device: .* is full$"):
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
    assert singleuser.has_room(tmp_path)
    assert not singleuser.has_room(tmp_path / "missing")
    limit = "ulimit -f 512; exec {} -c '{}'"
    code = (
        "import pathlib, signal; from octavo_hub.kubernetes.singleuser import has_room;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f'print(has_room(pathlib.Path("{tmp_path}")))'
    )
    done = subprocess.run(
        ["bash", "-c", limit.format(sys.executable, code)],
        capture_output=True, text=True, check=True, env=os.environ,
    )  # fmt: skip
    assert done.stdout.strip() == "False"
