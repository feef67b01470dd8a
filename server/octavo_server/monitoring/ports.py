"""What monitoring needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from octavo_server.monitoring.domain import Baseline


class RunArtifacts(Protocol):
    """The files that training runs left."""

    def read_json(self, run_id: str, path: str) -> Any | None:
        """Return a JSON artifact, None when the run left none.

        Raises Unavailable when the store doesn't answer, Invalid for what is no JSON.
        """


class LakeProfiler(Protocol):
    """Profiles the months of a lake's table; the work happens in another process."""

    def fingerprint(self, baseline: Baseline) -> str:
        """Return what changes when the data does, or when it comes and goes; never ''."""

    def profile(
        self, baseline: Baseline, columns: Sequence[str], after: str
    ) -> list[Mapping[str, Any]]:
        """Return one object a month after ``after``: month, rows, features, findings.

        ``columns`` are the model's inputs: one that is missing is a finding.
        """
