"""``python -P -m octavo_hub.kubernetes.singleuser``: JupyterLab inside a pod.

What the hub does for a workspace on its own machine happens here in the pod, under its user: the
project's notebooks are copied into a new home, and a rescue works beside a home that is full.
"""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path

from octavo.local import resources
from octavo_hub.workspace import LAB_CONFIGURATION

ROOM_BYTES = 1024 * 1024
"""What JupyterLab needs at least to keep its own files in a home."""
OWN_FILES = {
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "IPYTHONDIR": "ipython",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "TMPDIR": "tmp",
}
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
LAB = Path(__file__).parents[1] / "lab"


def prepare(home: Path, environment: MutableMapping[str, str]) -> None:
    """Make a home ready, and complete the environment by what only the pod can know.

    Raises SystemExit when the home can't be written to and this isn't a rescue.
    """
    environment["JUPYTERHUB_ROOT_DIR"] = str(home)
    environment["JUPYTERHUB_DEFAULT_URL"] = "/lab"
    environment["JUPYTER_CONFIG_PATH"] = str(LAB)
    environment["JUPYTER_PATH"] = str(LAB / "share")
    project = environment.get("OCTAVO_PROJECT", "")
    if environment.get("OCTAVO_RESCUE"):
        work_around(environment)
    elif wrong := trouble(home):
        # The hub reads these words; for a full home it starts the workspace once more, as a rescue.
        raise SystemExit(wrong)
    elif project:
        furnish(home / project, environment.get("OCTAVO_TEMPLATE", ""))
    if project and (home / project).is_dir():
        environment["OCTAVO_DASHBOARDS"] = project
        environment["JUPYTERHUB_DEFAULT_URL"] = f"/lab/tree/{project}"


def trouble(home: Path) -> str:
    """Return why JupyterLab can't write its own files into a home; nothing when it can."""
    try:
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"\0" * ROOM_BYTES)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        if error.errno in FULL:
            return f"No space left on device: {home} is full"
        return f"The home {home} can't be written to: {error.strerror}"
    return ""


def work_around(environment: MutableMapping[str, str]) -> None:
    """Put JupyterLab's own files beside a full home, so that its person can make room in it."""
    beside = Path(tempfile.mkdtemp(prefix="octavo-rescue-"))
    for name, folder in OWN_FILES.items():
        (beside / folder).mkdir(exist_ok=True)
        environment[name] = str(beside / folder)


def furnish(folder: Path, template: str) -> None:
    """Copy a template's notebooks into a project's folder, unless that folder is there."""
    if not template or folder.exists() or folder.is_symlink():
        return
    from octavo_hub.starter import notebooks_of

    source = resources.path("notebook_templates") / template
    for name in notebooks_of(source):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, place)


def arguments() -> list[str]:
    """Return the arguments of each workspace: Octavo's Jupyter Server half is always on."""
    chosen = []
    if find_spec("octavo_lab") is not None:
        chosen.append("--ServerApp.jpserver_extensions=octavo_lab=True")
    if os.environ.get("OCTAVO_RESCUE"):
        # A trash would lie in the home, where there is no room.
        chosen.append("--FileContentsManager.delete_to_trash=False")
    return chosen


def main() -> None:
    """Prepare the home and become JupyterLab."""
    prepare(Path.home(), os.environ)
    os.environ.setdefault("JUPYTER_CONFIG_PATH", str(LAB_CONFIGURATION))
    sys.argv += arguments()
    from octavo.local.imports import skip_iri_grammar

    skip_iri_grammar()
    from jupyterhub.singleuser import main as serve

    serve()


if __name__ == "__main__":
    main()
