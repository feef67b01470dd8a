"""Each extra is enough for the processes of its image: nothing else can be imported here."""

import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[3]
ENTRIES = {
    "hub": ["octavo_hub.configuration", "octavo_hub.spawner", "octavo_hub.proxy"],
    "server": ["octavo_server.app", "octavo_server.worker", "octavo_server.tracking.__main__"],
    "workspace": [
        "octavo_lab.app",
        "octavo_widgets",
        "octavo.features",
        "octavo.experiments",
        "octavo_scorer.__main__",
    ],
    "runner": [
        "octavo_runner.__main__",
        "octavo_runner.pod",
        "octavo_runner.kernel_host",
        "papermill.engines",  # which loads ours, by its name among the entry points
        "octavo_runner.papermill_engine",
        "octavo.features",
        "octavo.experiments",
    ],
    "scorer": ["octavo_scorer.__main__"],
    "edge": ["octavo.edge.__main__", "octavo.edge.answering"],
}

# Hides every module that only a distribution outside of the extra would bring.
PROBE = """
import importlib.machinery, sys
finders = list(sys.meta_path)
class Inside:
    find_distributions = staticmethod(importlib.machinery.PathFinder.find_distributions)
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {outside!r}:
            return None
        specs = (finder.find_spec(name, path, target) for finder in finders)
        return next((spec for spec in specs if spec is not None), None)
sys.meta_path[:] = [Inside()]
import {modules}
"""


def closure(extra: str) -> set[str]:
    """Names of the distributions that installing the extra brings."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        project = tomllib.load(stream)["project"]
    waiting = [Requirement(text) for text in project["dependencies"]]
    waiting += [Requirement(text) for text in project["optional-dependencies"][extra]]
    found: dict[str, set[str]] = {}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found and requirement.extras <= found[name]:
            continue
        found.setdefault(name, set()).update(requirement.extras)
        for text in metadata.requires(name) or []:
            inner = Requirement(text)
            extras = ["", *requirement.extras]
            if inner.marker is None or any(inner.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(inner)
    return set(found)


def outside(extra: str) -> set[str]:
    """Top-level modules that none of the extra's distributions brings."""
    inside = closure(extra) | {"octavo", "pip", "setuptools"}
    return {
        module
        for module, owners in metadata.packages_distributions().items()
        if re.fullmatch(r"\w+", module)
        and not {canonicalize_name(owner) for owner in owners} & inside
    }


@pytest.mark.parametrize("extra", list(ENTRIES))
def test_an_image_can_import_what_it_runs(extra: str) -> None:
    code = PROBE.format(outside=outside(extra), modules=", ".join(ENTRIES[extra]))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr.splitlines()[-1]
