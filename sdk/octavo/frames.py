"""What a panel may see of a kernel: the frames that live in it, and some rows of one of them.

The feature panel asks the kernel for one expression, silently, and only when a person clicks::

    __import__("octavo.frames", fromlist=["look"]).look('{"keys": ["carrier"]}')

Nothing is imported that the kernel has not imported itself, no name is bound, no generator of
random numbers is used, and no frame is changed: what is read are names, types, and the cells of the
sampled rows. Every value leaves as text, so that no number loses digits on its way.
"""

from __future__ import annotations

import json
import keyword
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from octavo.frame_columns import Column, Frame, FrameRefused, NoSuchColumn, frame_of

MOST_FRAMES = 100
"""Frames that are told of; the rest is counted."""
MOST_COLUMNS = 200
"""Columns of one frame that are told of, besides those with a wanted name and those with times."""
MOST_TIMES = 20
MOST_ROWS = 100
LONGEST_NAME = 200
"""Characters of a column's name that are told; a longer one can't be picked."""


class Seen:
    """What was seen, as the kernel's answer carries it: JSON beside one line of text."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self.said = dict(said)

    def __repr__(self) -> str:
        """Return one line without values."""
        return f"<octavo.frames: {', '.join(self.said)}>"

    def _repr_mimebundle_(self, **_asked: object) -> dict[str, Any]:
        return {"text/plain": repr(self), "application/json": self.said}


def look(asked: str, names: Mapping[str, object] | None = None) -> Seen:
    """Return the frames that ``asked`` asks for, or rows of one.

    ``asked`` is JSON: ``{"keys": [...]}`` for all frames, their columns and which hold the keys;
    ``{"frame": name, "keys": {join key: column}, "time": column, "rows": 20}`` for rows of one.
    ``names`` are the kernel's variables; left out, those of the running IPython.
    """
    wanted = json.loads(asked)
    there = dict(kernel_names() if names is None else names)
    if "frame" in wanted:
        return Seen(_rows(there, wanted))
    return Seen(_frames(there, frozenset(wanted["keys"])))


def kernel_names() -> Mapping[str, object]:
    """Return the variables of the running IPython; none where there is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return {}
    names: Mapping[str, object] = shell.user_ns
    return names


def is_plain(name: object) -> bool:
    """Whether a variable is one that a person named and code can name."""
    return (
        type(name) is str
        and name.isidentifier()
        and not name.startswith("_")
        and not keyword.iskeyword(name)
        and len(name) <= LONGEST_NAME
    )


def _all_frames(names: Mapping[str, object]) -> Iterator[tuple[str, Frame]]:
    for name, value in names.items():
        frame = frame_of(value) if is_plain(name) else None
        if frame is not None:
            yield name, frame


def _frames(names: Mapping[str, object], keys: frozenset[str]) -> dict[str, Any]:
    found = list(_all_frames(names))
    shown = sorted(found, key=lambda one: one[0])[:MOST_FRAMES]
    return {
        "libraries": [name for name in ("pandas", "polars") if name in sys.modules],
        "frames": [_frame(name, frame, keys) for name, frame in shown],
        "left_out": len(found) - len(shown),
    }


def _frame(name: str, frame: Frame, keys: frozenset[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"name": name, "library": frame.library}
    try:
        columns, times = _columns(frame, keys)
        told |= {"rows": frame.rows(), "width": frame.width(), "times": times}
        told |= {"columns": [_column(one) for one in columns], "problem": ""}
    except Exception as error:  # noqa: BLE001  # a person's own class may raise anything
        told |= {"rows": 0, "width": 0, "times": [], "columns": []}
        told["problem"] = f"It can't be read: {type(error).__name__}: {error}"[:LONGEST_NAME]
    return told


def _columns(frame: Frame, keys: frozenset[str]) -> tuple[list[Column], list[dict[str, Any]]]:
    """Return the columns worth telling of, each name once, and those with times."""
    told: list[Column] = []
    times: list[dict[str, Any]] = []
    twice: set[str] = set()
    seen: set[str] = set()
    for column in frame.columns(keys, MOST_COLUMNS):
        if len(column.name) > LONGEST_NAME:
            continue
        timed = column.kind == "time" and len(times) < MOST_TIMES
        if column.name in seen:
            twice.add(column.name)
            continue
        seen.add(column.name)
        told.append(column)
        if timed:
            times.append({"name": column.name, "naive": column.naive})
    times = [one for one in times if one["name"] not in twice]
    return [one for one in told if one.name not in twice], times


def _column(column: Column) -> dict[str, Any]:
    return {"name": column.name, "kind": column.kind, "type": column.dtype, "index": column.index}


def _rows(names: Mapping[str, object], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys and times of rows spread evenly over the frame."""
    value = names.get(wanted["frame"])
    frame = frame_of(value) if value is not None else None
    if frame is None:
        return {"refused": "gone", "what": wanted["frame"]}
    try:
        return _sampled(frame, wanted)
    except NoSuchColumn as missing:
        return {"refused": "column", "what": str(missing)}
    except FrameRefused as refusal:
        return {"refused": "values", "what": str(refusal)}
    except Exception as error:  # noqa: BLE001  # a person's own values may raise anything
        what = f"a value can't be read: {type(error).__name__}: {error}"[:LONGEST_NAME]
        return {"refused": "values", "what": what}


def _sampled(frame: Frame, wanted: Mapping[str, Any]) -> dict[str, Any]:
    most = wanted.get("rows", 20)
    if type(most) is not int or most < 1:
        raise FrameRefused(f"rows is {most!r:.50}: a whole number from 1 to {MOST_ROWS} is taken")
    places = spread(frame.rows(), min(most, MOST_ROWS))
    keys = []
    for key, name in wanted["keys"].items():
        kind, values = frame.keys(name, places)
        keys.append({"name": key, "column": name, "kind": kind, "values": values})
    naive, times = frame.times(wanted["time"], places)
    return {
        "frame": wanted["frame"],
        "rows": frame.rows(),
        "places": list(places),
        "keys": keys,
        "time": {"column": wanted["time"], "naive": naive, "values": times},
    }


def spread(rows: int, most: int) -> Sequence[int]:
    """Return at most ``most`` places spread evenly over ``rows``, the first and last among them."""
    if rows <= most:
        return range(rows)
    if most == 1:
        return [0]
    return [place * (rows - 1) // (most - 1) for place in range(most)]
