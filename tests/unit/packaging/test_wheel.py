"""The distribution: no wheel without the panels, and one with everything that `octavo up` needs."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "var", "node_modules", "lib", "build", "dist", "*.egg-info", "__pycache__",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", "labextension", "tests", "docs",
)  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the sources whose extension was never built."""
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT, copy, ignore=LEFT_OUT, symlinks=True)
    return copy


def build(checkout: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "setup.py", "-q", "bdist_wheel", "--dist-dir", "out"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_wheel_without_the_extension_is_refused_with_the_remedy(checkout: Path) -> None:
    done = build(checkout)
    assert done.returncode != 0
    assert "the lab extension is not built" in done.stderr
    assert "make wheel" in done.stderr
    assert not (checkout / "out").exists()


def test_a_wheel_carries_all_that_octavo_up_needs(checkout: Path) -> None:
    built = checkout / "extension" / "octavo_lab" / "labextension"
    (built / "static").mkdir(parents=True)
    (built / "package.json").write_text('{"name": "octavo-lab"}')
    (built / "static" / "remoteEntry.js").write_text("// built\n")
    done = build(checkout)
    assert done.returncode == 0, done.stderr
    (wheel,) = (checkout / "out").glob("octavo-*-py3-none-any.whl")
    names = zipfile.ZipFile(wheel).namelist()
    data = {name.partition(".data/data/")[2] for name in names if ".data/data/" in name}
    assert "share/jupyter/labextensions/octavo-lab/static/remoteEntry.js" in data
    assert "etc/jupyter/jupyter_server_config.d/octavo_lab.json" in data
    assert "share/octavo/hub/jupyterhub_config.py" in data
    for folder in ("spawner_profiles", "notebook_templates"):
        sources = [file for file in (ROOT / folder).rglob("*") if _counts(file)]
        assert sources
        assert {f"share/octavo/{file.relative_to(ROOT)}" for file in sources} <= data
    packages = {name.split("/")[0] for name in names if name.endswith(".py")}
    expected = {
        "octavo",
        "octavo_server",
        "octavo_scorer",
        "octavo_runner",
        "octavo_hub",
        "octavo_lab",
        "octavo_widgets",
    }
    assert expected <= packages
    assert any(name.startswith("octavo_server/database/migrations/versions/") for name in names)
    assert "octavo_server/policy/default.cedar" in names
    assert not [name for name in names if "__pycache__" in name or "node_modules" in name]


def _counts(file: Path) -> bool:
    hidden = {"__pycache__", ".ipynb_checkpoints"}
    return file.is_file() and not hidden & set(file.relative_to(ROOT).parts)
