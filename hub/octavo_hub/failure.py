"""Why a workspace did not start, or ended, as a person should hear it; the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jupyterhub.spawner import SpawnException

from octavo.records.workspaces import FailureKind, SessionFailure

LONGEST_MESSAGE = 2_000
LONGEST_RAW = 20_000


@dataclass(frozen=True, kw_only=True)
class Failure:
    """One sentence, one action, and what the back end itself said."""

    kind: FailureKind
    """Its class."""
    sentence: str
    """What happened, in one sentence."""
    action: str
    """What to do, in one sentence."""
    raw: tuple[str, ...] = ()
    """What the back end said, in its own words, newest last; for admins, and for the unknown."""
    patience_s: float = 0.0
    """Seconds it should be waited out during a start before giving up; 0: waiting is no use."""

    @property
    def text(self) -> str:
        """Sentence and action together."""
        return f"{self.sentence} {self.action}"

    def kept(self) -> dict[str, Any]:
        """Return it as JupyterHub's database keeps it; :meth:`found` takes it back."""
        return asdict(self) | {"raw": list(self.raw)}

    @classmethod
    def found(cls, kept: Mapping[str, Any]) -> Failure:
        """Return what :meth:`kept` has written down."""
        return cls(**{**kept, "raw": tuple(kept["raw"])})

    def record(self) -> SessionFailure:
        """Return it as the platform keeps and counts it."""
        return SessionFailure(
            kind=self.kind,
            message=self.text[:LONGEST_MESSAGE],
            raw="\n".join(self.raw)[:LONGEST_RAW],
        )


class StartFailed(Exception):
    """A workspace couldn't be started; the failure says why and what to do."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Refused(SpawnException):  # type: ignore[misc]
    """A start that is refused: JupyterHub doesn't count it, and shows its sentence alone."""

    @property
    def jupyterhub_message(self) -> str:
        """Return what JupyterHub's pages and progress show."""
        return str(self.message)

    def __str__(self) -> str:
        """Return the sentence."""
        return str(self.message)


class StartRefused(Refused):
    """A start that failed for a reason that isn't the hub's own: JupyterHub doesn't count it.

    The page shows ``failure``: its sentence, its action, and what the back end said.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text, reason=failure.kind, status_code=500)
        self.failure = failure
