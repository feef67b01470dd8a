"""What long work of every area asks of budgets and cost."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Ledger(Protocol):
    """Budgets and cost, as the area `workspaces` keeps them."""

    def budget_left_cents(self, project: str) -> int:
        """Return what is left of the project's month; a large number where there is no limit."""

    def book(
        self,
        *,
        attempt: str,
        person: str,
        project: str,
        pipeline: str,
        profile: str,
        since: datetime,
        until: datetime,
    ) -> float:
        """Book what an attempt consumed until a moment; return its cost so far, in euro.

        The same moment again, or an earlier one, books nothing.
        """
