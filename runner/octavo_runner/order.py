"""What a runner's child process is told: one JSON object on its standard input."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from octavo_runner.errors import Refused
from octavo_runner.limits import Bounds


@dataclass(frozen=True, kw_only=True)
class RunOrder:
    """One execution of one notebook."""

    notebook: str
    """The notebook's JSON."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Names to values; ``{"date": "2013-07-01"}`` is a date."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables, besides those that the kernel was started with."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Names to values that must not be in what the run leaves; a parameter of that name is one."""
    seed: int = 0
    threads: int = 1
    bounds: Bounds = field(default_factory=Bounds)
    record_environment: bool = False
    """True: find out which distributions the notebook loaded."""

    def to_json(self) -> str:
        """Return the order as one line."""
        named = {key: value for key, value in vars(self).items() if key != "bounds"}
        return json.dumps(named | {"bounds": vars(self.bounds)})

    @classmethod
    def from_json(cls, line: str) -> RunOrder:
        """Read the order. Raises Refused for one that isn't."""
        try:
            found = json.loads(line)
            bounds = Bounds(**found.pop("bounds", {}))
            found["parameters"] = {
                name: _value(one) for name, one in found.get("parameters", {}).items()
            }
            return cls(bounds=bounds, **found)
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise Refused(f"The order can't be read: {error}.") from error


def _value(one: Any) -> Any:
    if isinstance(one, dict) and one.keys() == {"date"}:
        return dt.date.fromisoformat(str(one["date"]))
    return one
