"""Checks profile files on a machine where no platform runs, for continuous integration.

``python -m octavo_server.workspaces.check_profiles FILE...`` prints one JSON list, a
:class:`octavo.records.profiles.DocumentCheck` a file, and changes nothing. OCTAVO_IMAGES and
OCTAVO_NODE_POOLS say what the platform allows and has; groups are the Hub's and stay unchecked.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from octavo_server.adapters.profile_files import text_of
from octavo_server.errors import ending_in_words
from octavo_server.settings import load_settings
from octavo_server.wiring.services import build_offline_checker
from octavo_server.workspaces.profiles import wire
from octavo_server.workspaces.profiles.catalog import DryRun


def main(files: Sequence[str]) -> None:
    """Check ``files`` and print what was found."""
    with ending_in_words():
        # No state is read or written: the folder is named because settings need one.
        checker = build_offline_checker(load_settings(home=Path.cwd()))
    found = [checker.check(text_of(Path(file)), file, None) for file in files]
    checks = [wire.check(DryRun(checked=one, base_version=None, diff="")) for one in found]
    sys.stdout.write(json.dumps([one.model_dump(mode="json") for one in checks]))


if __name__ == "__main__":
    main(sys.argv[1:])
