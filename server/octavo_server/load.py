"""Loads a project's data: its lake, then its features; ``octavo up`` runs it after `prepare`.

``python -m octavo_server.load [--project NAME]`` prints one line a step. What is loaded already is
left alone within a second, so every start may call it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from octavo.local import resources
from octavo_server.errors import Unavailable, ending_in_words
from octavo_server.features.publishing.service import REPOSITORY
from octavo_server.identity import service_caller
from octavo_server.prepare import FIRST_PROJECT
from octavo_server.settings import load_settings
from octavo_server.wiring.discovery import Features
from octavo_server.wiring.services import Services, build_services

LAKE_MANIFEST = "lake.json"
LOADED = "loaded.json"
REASON = "The features that the project's template brings."

Tell = Callable[[str], None]


def load(services: Services, project: str, tell: Tell) -> None:
    """Load lake and features of ``project`` where they are missing or older than the template.

    Raises :class:`OctavoError` saying what failed.
    """
    template = services.projects.get(project).template
    folder = resources.path("notebook_templates") / (template or "")
    lake = services.settings.home / "lake" / project
    builder = folder / f"{template}_lake"
    if template is None or not builder.is_dir():
        return
    build_lake(folder, builder.name, lake, tell)
    snapshots = services.settings.home / "features" / project
    made_from = fingerprint(folder / REPOSITORY, lake)
    if is_loaded(services.features, project, snapshots / LOADED, made_from):
        services.features.publishing.repair(project)
        tell("features are up to date")
        return
    caller = service_caller("install", project)
    made = services.features.publishing.publish(caller, project, template, REASON, tell)
    (snapshots / LOADED).write_text(json.dumps({"made_from": made_from, "snapshot": made.id}))


def build_lake(folder: Path, builder: str, lake: Path, tell: Tell) -> None:
    """Run the lake builder, a module in ``folder``. Raises Unavailable with its words."""
    with subprocess.Popen(
        [sys.executable, "-m", builder, "--lake", str(lake)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        last = ""
        for line in child.stdout or ():
            last = line.strip() or last
            tell(last)
    if child.returncode:
        raise Unavailable(f"The lake was not built: {last}", "Correct this and start again.")


def fingerprint(repository: Path, lake: Path) -> str:
    """Return a digest of what features are made from: their definitions and the lake's manifest."""
    total = hashlib.sha256()
    for path in [*sorted(repository.rglob("*.py")), lake / LAKE_MANIFEST]:
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_loaded(features: Features, project: str, note: Path, made_from: str) -> bool:
    """Say whether the project's features need not be published from the template.

    What people changed since stays: the template never takes a reviewed change back.
    """
    current = features.catalog.current(project)
    if current is None or not features.catalog.folder(project, current.id).is_dir():
        return False
    if features.publishing.declaration(project) is None:
        return False  # laid down before snapshots said what they declare
    if current.published_by != service_caller("install", project).name:
        return True
    try:
        kept = json.loads(note.read_text())
    except (OSError, ValueError):
        return False
    return bool(kept == {"made_from": made_from, "snapshot": current.id})


def main() -> None:
    """Load one project and say how long it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", default=FIRST_PROJECT, help="default: %(default)s")
    project = parser.parse_args().project
    logging.basicConfig(level=logging.WARNING)
    began = time.monotonic()
    with ending_in_words():
        load(build_services(load_settings()), project, _print)
    _print(f"{project} is loaded in {time.monotonic() - began:.1f} s")


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
