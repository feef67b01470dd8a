"""Puts a project's notebooks into a person's home when they first work in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

from octavo.local import resources
from octavo.local.accounts import Account

COPY_S = 60.0
# Runs under the person's account: nothing in their home can lead a privileged write elsewhere.
COPY = """
import pathlib, shutil, sys
source, target, *names = sys.argv[1:]
for name in names:
    place = pathlib.Path(target, name)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(pathlib.Path(source, name), place)
"""


def furnish(account: Account, project: str, template: str | None) -> None:
    """Copy the template's notebooks to ``<home>/<project>``, unless that folder is there.

    Raises subprocess.CalledProcessError when the copy fails, for example for want of space.
    """
    folder = account.home / project
    if template is None or folder.exists() or folder.is_symlink():
        return
    source = resources.path("notebook_templates") / template
    names = notebooks_of(source)
    if names:
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", COPY, str(source), str(folder), *names],
            check=True,
            capture_output=True,
            text=True,
            timeout=COPY_S,
            env=account.environment(),
            **account.popen_kwargs(),
        )


def notebooks_of(template: Path) -> list[str]:
    """Return the files that a template gives to each workspace, relative to its folder."""
    document = yaml.safe_load((template / "template.yaml").read_text(encoding="utf-8"))
    return [str(name) for name in document.get("notebooks") or ()]
