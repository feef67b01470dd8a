"""The state folder: where it is, what lies in it, who may read it, which format it has."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from octavo.local import resources
from octavo.local.errors import DiskFull, StateRefused

FORMAT = 1
"""Format of the state folder that this Octavo reads and writes; its VERSION file holds it."""

SERVICES_WITH_TOKENS = ("octavo", "tracking", "worker", "spawner")

MIB = 1024 * 1024
FRESH_MIB = 1024
"""Free space that a new installation takes: the flights lake, the databases, a first run."""
RUNNING_MIB = 256
"""Free space below which an existing installation does not start."""

# Folder of the state -> its mode: 0700 is for the services alone, 0711 lets accounts pass through
# to what is theirs, 0755 is read by every workspace and run.
FOLDERS: Mapping[str, int] = {
    "state": 0o700,
    "state/tokens": 0o700,
    "state/pids": 0o700,
    "artifacts": 0o700,
    "releases": 0o700,
    "bundles": 0o700,
    "logs": 0o700,
    "homes": 0o711,
    "runs": 0o711,
    "scorers": 0o711,
    "lake": 0o755,
    "features": 0o755,
}


@dataclass(frozen=True, kw_only=True)
class Home:
    """One installation's state folder."""

    root: Path
    """The folder, absolute; mode 0711."""

    @classmethod
    def locate(cls, environment: Mapping[str, str]) -> Home:
        """Return the folder of OCTAVO_HOME, else ``var`` in the checkout, else the user's data."""
        given = environment.get("OCTAVO_HOME")
        if given:
            return cls(root=Path(given).expanduser().absolute())
        source = resources.checkout()
        if source:
            return cls(root=source / "var")
        if os.geteuid() == 0:
            return cls(root=Path("/var/lib/octavo"))
        data = environment.get("XDG_DATA_HOME") or "~/.local/share"
        return cls(root=Path(data).expanduser().absolute() / "octavo")

    @property
    def state(self) -> Path:
        """The services' private folder."""
        return self.root / "state"

    @property
    def pids(self) -> Path:
        """One file a process that `octavo up` started."""
        return self.state / "pids"

    @property
    def supervisor_file(self) -> Path:
        """The pid file of `octavo up` itself."""
        return self.state / "supervisor"

    @property
    def ready_mark(self) -> Path:
        """Exists while everything that `octavo up` started works; holds the address people open."""
        return self.state / "ready"

    @property
    def logs(self) -> Path:
        """One file a process, appended to."""
        return self.root / "logs"

    @property
    def version_file(self) -> Path:
        """The file that holds the state's format."""
        return self.root / "VERSION"

    @property
    def project_mark(self) -> Path:
        """Exists once the first project was loaded: from then on starting takes little room."""
        return self.state / "project.loaded"

    @property
    def is_new(self) -> bool:
        """Whether nothing was ever prepared here."""
        return not self.version_file.exists()

    def check_format(self) -> None:
        """Raise StateRefused unless this Octavo can use the folder (or may make it)."""
        if self.is_new:
            self._check_unused()
            return
        text = self.version_file.read_text(encoding="utf-8").strip()
        if text == str(FORMAT):
            return
        if text.isdecimal() and int(text) > FORMAT:
            raise StateRefused(
                f"The state folder {self.root} has format {text}, made by a newer Octavo; this "
                f"one reads format {FORMAT}.",
                "Install the newer Octavo again, or choose another folder with OCTAVO_HOME.",
            )
        raise StateRefused(
            f"The state folder {self.root} has format {text or 'nothing'!r}, older than format "
            f"{FORMAT} that this Octavo reads.",
            f"Move it away (mv {self.root} {self.root}.old) to start afresh, or run the Octavo "
            "that made it.",
        )

    def _check_unused(self) -> None:
        """A folder without a format must be empty: nobody's files are taken over."""
        if (self.root / "state" / "platform.sqlite").exists():
            raise StateRefused(
                f"The state folder {self.root} has no VERSION file: it is older than format "
                f"{FORMAT} that this Octavo reads.",
                f"Move it away (mv {self.root} {self.root}.old) to start afresh.",
            )
        if self.root.is_file() or (self.root.is_dir() and self._foreign()):
            raise StateRefused(
                f"{self.root} holds files that are not Octavo's.",
                "Set OCTAVO_HOME to a folder that is empty or doesn't exist yet.",
            )

    def _foreign(self) -> list[str]:
        """Names in the folder that no unfinished first preparation would have left."""
        ours = {name.split("/")[0] for name in FOLDERS} | {"people.txt"}
        return [entry.name for entry in self.root.iterdir() if entry.name not in ours]

    def check_room(self) -> None:
        """Raise DiskFull when the disk under the folder has less free than starting takes."""
        needed = RUNNING_MIB if self.project_mark.exists() else FRESH_MIB
        place = next(p for p in (self.root, *self.root.parents) if p.exists())
        free = shutil.disk_usage(place).free // MIB
        if free < needed:
            raise DiskFull(
                f"The disk under {self.root} has {free} MiB free; Octavo needs {needed} MiB.",
                "Free some space, or choose a folder on another disk with OCTAVO_HOME.",
            )

    def make_folders(self) -> None:
        """Make the folders with their modes, and correct the modes of those that are there."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o711)
        for name, mode in FOLDERS.items():
            folder = self.root / name
            folder.mkdir(exist_ok=True)
            folder.chmod(mode)

    def make_tokens(self) -> None:
        """Give each service a random Hub token, once; mode 0600."""
        for service in SERVICES_WITH_TOKENS:
            file = self.state / "tokens" / service
            if not file.exists():
                _write_private(file, secrets.token_hex(32))

    def seal(self) -> None:
        """Record the format: from now on the folder counts as an installation."""
        if self.is_new:
            draft = self.version_file.with_suffix(".new")
            draft.write_text(f"{FORMAT}\n", encoding="utf-8")
            draft.replace(self.version_file)


def _write_private(file: Path, text: str) -> None:
    """Write a whole file that never has a wider mode than 0600."""
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
    draft.replace(file)


@contextmanager
def disk_errors(root: Path) -> Iterator[None]:
    """Turn "no space left" and "not permitted" from the block into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"The disk under {root} is full.",
                "Free some space and run `octavo up` again; what was prepared is kept.",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StateRefused(
                f"{error.filename or root} can't be written to ({error.strerror}).",
                "Use the account that made the folder, or another folder with OCTAVO_HOME.",
            ) from error
        raise
