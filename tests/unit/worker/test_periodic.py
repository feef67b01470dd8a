"""What the log says of periodic tasks that fail."""

from __future__ import annotations

import threading

import pytest

from octavo_server.errors import Unavailable
from octavo_server.periodic import PeriodicTask, PeriodicTasks


def _state_after(error: Exception, calls: int) -> dict[str, object]:
    """Run a task that fails each time until it was called so often; return its state."""
    done, count = threading.Event(), 0

    def fail() -> None:
        nonlocal count
        count += 1
        if count > calls:
            done.set()
        raise error

    tasks = PeriodicTasks([PeriodicTask(name="registry", period_s=0.001, call=fail)])
    tasks.start()
    assert done.wait(10)
    assert tasks.stop(10) == []
    return tasks.state()["registry"]


def test_an_engine_that_is_not_up_yet_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    state = _state_after(Unavailable("MLflow does not answer: ConnectError.", "Wait."), calls=3)
    assert [one.getMessage() for one in caplog.records] == [
        "the task 'registry' waits: MLflow does not answer: ConnectError."
    ]
    assert caplog.records[0].exc_info is None
    assert state["error"] == "MLflow does not answer: ConnectError."


def test_any_other_error_is_logged_once_with_where_it_came_from(
    caplog: pytest.LogCaptureFixture,
) -> None:
    state = _state_after(ValueError("x" * 1_000), calls=3)
    (told,) = caplog.records
    assert told.getMessage() == "the task 'registry' failed"
    assert told.exc_info is not None
    assert state["error"] == "x" * 300
