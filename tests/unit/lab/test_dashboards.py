"""Which kernels a closed dashboard leaves behind, and that they are ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from octavo_lab.dashboards import abandoned, reap

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
AFTER = timedelta(minutes=5)


def kernel(**changes: Any) -> dict[str, Any]:
    """Return a kernel that a closed dashboard left behind ten minutes ago, with ``changes``."""
    left = {
        "id": "k",
        "connections": 0,
        "execution_state": "idle",
        "last_activity": "2026-01-01T11:50:00.000000Z",
    }
    return left | changes


def test_a_kernel_that_nobody_watches_is_abandoned() -> None:
    assert abandoned([kernel()], set(), NOW, AFTER) == ["k"]


@pytest.mark.parametrize(
    "changes",
    [
        {"connections": 1},
        {"execution_state": "busy"},
        {"last_activity": "2026-01-01T11:56:00.000000Z"},
    ],
)
def test_a_kernel_in_use_is_kept(changes: dict[str, Any]) -> None:
    assert abandoned([kernel(**changes)], set(), NOW, AFTER) == []


def test_the_kernel_of_a_notebook_is_kept() -> None:
    assert abandoned([kernel()], {"k"}, NOW, AFTER) == []


class Kernels:
    """Two kernels without a viewer; remembers which were ended."""

    def __init__(self) -> None:
        self.ended: list[str] = []

    def list_kernels(self) -> list[dict[str, Any]]:
        """List both."""
        return [kernel(id="dashboard"), kernel(id="notebook")]

    async def shutdown_kernel(self, kernel_id: str, now: bool) -> None:
        """End one."""
        self.ended.append(kernel_id)


class Sessions:
    """One session, of the kernel ``notebook``."""

    async def list_sessions(self) -> list[dict[str, Any]]:
        """List it."""
        return [{"kernel": {"id": "notebook"}}, {"kernel": None}]


async def test_only_the_dashboards_kernel_is_ended() -> None:
    kernels = Kernels()
    assert await reap(kernels, Sessions(), NOW) == ["dashboard"]  # type: ignore[arg-type]
    assert kernels.ended == ["dashboard"]
