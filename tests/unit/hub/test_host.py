"""The machine as the hub sees it is found out once, however many starts ask at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from octavo_hub.local import host


def test_starts_that_ask_at_the_same_time_get_one_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(host, "kernel_groups", lambda _installation: None)
    (tmp_path / "state").mkdir()
    together = threading.Barrier(8)

    def ask(_: int) -> host.Host:
        together.wait(timeout=10)
        return host.host_of(tmp_path)

    with ThreadPoolExecutor(8) as pool:
        assert len({id(one) for one in pool.map(ask, range(8))}) == 1
