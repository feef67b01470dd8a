"""What ran under which account, kept on disk for what a hub's death leaves behind.

An account's own processes could claim anything; these files are the services' own. Their time of
change says when the workspace was last seen with its session.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from octavo.records.workspaces import Session


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """Whose workspace an account ran last."""

    person: str
    """Whose."""
    project: str
    """Project it was booked on."""
    profile: str
    """Its profile."""
    session: str
    """Id of its session."""


class Records:
    """One small file an account."""

    def __init__(self, folder: Path) -> None:
        """Take the folder; it is made when the first record is kept."""
        self._folder = folder

    def keep(self, account: str, session: Session) -> None:
        """Write down whose workspace an account runs from now on."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tenant = Tenant(
            person=session.person,
            project=session.project,
            profile=session.profile.id,
            session=session.id,
        )
        draft = self._folder / f"{account}.new"
        draft.write_text(json.dumps(asdict(tenant)), encoding="utf-8")
        draft.replace(self._file(account))

    def seen(self, account: str) -> None:
        """Note that its workspace is alive and has its session now."""
        try:
            os.utime(self._file(account))
        except FileNotFoundError:
            return

    def of(self, account: str) -> tuple[Tenant, datetime] | None:
        """Return whose workspace it was and when it was last seen (UTC); None: not known."""
        try:
            file = self._file(account)
            tenant = Tenant(**json.loads(file.read_text(encoding="utf-8")))
            return tenant, datetime.fromtimestamp(file.stat().st_mtime, UTC)
        except (OSError, ValueError, TypeError):
            return None

    def forget(self, account: str) -> None:
        """Drop the record: the workspace has ended with its session."""
        self._file(account).unlink(missing_ok=True)

    def _file(self, account: str) -> Path:
        return self._folder / f"{account}.json"
