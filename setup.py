"""What pyproject.toml cannot say: package roots, and data that lies beside the packages.

A wheel carries the built lab extension, the spawner profiles, the notebook templates and the hub's
configuration as data files under ``<sys.prefix>/share``, where JupyterLab and
``octavo.local.resources`` look for them. An unbuilt extension would yield a wheel without panels,
so building one refuses.
"""

import json
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.errors import SetupError

ROOT = Path(__file__).parent
EXTENSION = ROOT / "extension" / "octavo_lab"
LABEXTENSION = EXTENSION / "labextension"

# Folder of the repository -> the one top-level package in it.
ROOTS = {
    "sdk": "octavo",
    "server": "octavo_server",
    "hub": "octavo_hub",
    "extension": "octavo_lab",
    "widgets": "octavo_widgets",
    "scorer": "octavo_scorer",
    "runner": "octavo_runner",
}

# Folders of plain data that travel with the wheel, below share/octavo.
DATA = ("spawner_profiles", "notebook_templates")
IGNORED_PARTS = {"__pycache__", ".ipynb_checkpoints", "node_modules"}


def packages() -> list[str]:
    """Name every package below the roots."""
    return [
        package
        for folder, top in ROOTS.items()
        for package in find_namespace_packages(folder, include=[top, f"{top}.*"])
        if "labextension" not in package
    ]


def tree(folder: Path, target: str) -> list[tuple[str, list[str]]]:
    """List a folder's files as data_files entries that keep its structure below ``target``."""
    groups: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("*")):
        inner = file.relative_to(folder)
        if file.is_file() and not IGNORED_PARTS & set(inner.parts):
            place = (Path(target) / inner.parent).as_posix()
            groups.setdefault(place, []).append(file.relative_to(ROOT).as_posix())
    return sorted(groups.items())


def labextension_name() -> str:
    """Read the extension's npm name, which is also its folder below share/jupyter/labextensions."""
    package = ROOT / "extension" / "package.json"
    return str(json.loads(package.read_text(encoding="utf-8"))["name"])


def data_files() -> list[tuple[str, list[str]]]:
    """Collect what lands under ``<sys.prefix>`` beside the packages."""
    entries = [entry for name in DATA for entry in tree(ROOT / name, f"share/octavo/{name}")]
    entries.append(("share/octavo/hub", ["hub/jupyterhub_config.py"]))
    entries += tree(ROOT / "extension" / "jupyter-config", "etc/jupyter/jupyter_server_config.d")
    if LABEXTENSION.is_dir():
        entries += tree(LABEXTENSION, f"share/jupyter/labextensions/{labextension_name()}")
    return [(place, [f for f in files if (ROOT / f).is_file()]) for place, files in entries]


class WheelWithExtension(bdist_wheel):
    """A wheel build that refuses to leave the lab extension out."""

    def run(self) -> None:
        """Build the wheel, once the extension's build output is there."""
        if not (LABEXTENSION / "package.json").is_file():
            raise SetupError(
                f"the lab extension is not built: {LABEXTENSION.relative_to(ROOT)}/package.json is "
                "missing, and the wheel would have no panels. Run `make wheel`, which builds it "
                "first."
            )
        super().run()


setup(
    packages=packages(),
    package_dir={top: f"{folder}/{top}" for folder, top in ROOTS.items()},
    include_package_data=True,
    data_files=data_files(),
    cmdclass={"bdist_wheel": WheelWithExtension},
)
