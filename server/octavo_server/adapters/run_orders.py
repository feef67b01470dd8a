"""An execution's order in the runner's words."""

from __future__ import annotations

from typing import Any

from octavo_runner.limits import Bounds
from octavo_runner.order import RunOrder
from octavo_server.execution import Injection, Order

SECRET_WORDS = ("TOKEN", "SECRET", "PASSWORD")


def told(order: Order) -> RunOrder:
    """Return what the runner is told; its secrets are the variables with such names."""
    threads = str(order.limits.threads)
    numeric = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
    environment = {**numeric, **order.environment}
    return RunOrder(
        notebook=order.notebook.decode("utf-8", "replace"),
        parameters={name: _value(one) for name, one in order.parameters.items()},
        environment=environment,
        secrets={
            name: value
            for name, value in environment.items()
            if value and any(word in name.upper() for word in SECRET_WORDS)
        },
        seed=order.seed,
        threads=order.limits.threads,
        bounds=Bounds(
            memory_mib=order.limits.memory_mib,
            wall_s=order.limits.wall_s,
            disk_mib=order.limits.disk_mib,
        ),
        record_environment=order.record_environment,
    )


def _value(injection: Injection) -> Any:
    return {"date": injection.value} if injection.as_date else injection.value
