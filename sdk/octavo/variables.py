"""What a panel may see of a kernel's models: which variables hold one, and which frame fits it.

The panel of models asks the kernel for one expression, silently, and only when a person clicks::

    __import__("octavo.variables", fromlist=["look"]).look("{}")

For that nothing is imported that the kernel has not imported itself, no name is bound and no method
of a model is called: its class and its plain attributes alone are looked at (`octavo.model_kinds`).
A second click, on a model, has the kernel log it in a run of MLflow (`log`).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from itertools import islice
from typing import Any

from octavo import frames
from octavo.frame_columns import Frame, frame_of
from octavo.model_kinds import LIBRARIES, Held, held_in

MOST_MODELS = 100
"""Models that are told of; the rest is counted."""
MOST_FRAMES = 50
"""Frames that are told of: those that fit a model first, then the newest."""
MOST_NAMES = 200
"""Names of a model's inputs, and of a frame's columns, that are told."""
NONE: frozenset[str] = frozenset()
LONGEST_FAULT = 600
"""Characters of an error's message that are told."""


def look(asked: str, names: Mapping[str, object] | None = None) -> frames.Seen:
    """Return the models that live in the kernel, and the frames that could show their inputs.

    ``asked`` is JSON and holds nothing yet. ``names`` are the kernel's variables; left out, those
    of the running IPython.
    """
    del asked
    there = dict(frames.kernel_names() if names is None else names)
    held = [(name, model) for name, value in there.items() if (model := _model(name, value))]
    tables = [(name, table) for name, value in there.items() if (table := _frame(name, value))]
    shown = sorted(held, key=lambda one: one[0])[:MOST_MODELS]
    wanted = [one for _, one in shown]
    return frames.Seen(
        {
            "libraries": [name for name in LIBRARIES if name in sys.modules],
            "models": [_told(name, one, tables) for name, one in shown],
            "frames": [_described(name, one) for name, one in _few(tables, wanted)],
            "left_out": len(held) - len(shown),
        }
    )


def log(asked: str, names: Mapping[str, object] | None = None) -> frames.Seen:
    """Log a variable's model in a run, with signature and example from a frame; registers nothing.

    ``asked`` is JSON: ``{"model": variable, "frame": variable or null, "target": column or null,
    "name": name}``. Returns the run's and the logged model's ids, or ``refused`` with what went
    wrong.
    """
    wanted = json.loads(asked)
    there = dict(frames.kernel_names() if names is None else names)
    model = there.get(wanted["model"])
    if held_in(model) is None:
        return frames.Seen({"refused": "gone", "what": wanted["model"]})
    frame = None if wanted["frame"] is None else there.get(wanted["frame"])
    if wanted["frame"] is not None and (frame is None or frame_of(frame) is None):
        return frames.Seen({"refused": "frame_gone", "what": wanted["frame"]})
    try:
        # Imported here: looking must stay free of it.
        from octavo import registering

        target = wanted.get("target")
        name = wanted["name"]
        logged = registering.log(model, frame=frame, target=target, name=name, run_name=name)
    except Exception as error:  # noqa: BLE001  # MLflow, a model and a frame may raise anything
        return frames.Seen({"refused": "failed", **_fault(error)})
    return frames.Seen(
        {"run_id": logged.run_id, "model_id": logged.model_id, "experiment": logged.experiment}
    )


def _fault(error: Exception) -> dict[str, str]:
    """Return what an error says: its message, and what to do where it tells that apart."""
    remedy = getattr(error, "remedy", "")
    what = str(getattr(error, "message", "") or error) or type(error).__name__
    return {"what": what[:LONGEST_FAULT], "remedy": str(remedy)[:LONGEST_FAULT]}


def _model(name: str, value: object) -> Held | None:
    return held_in(value) if frames.is_plain(name) else None


def _frame(name: str, value: object) -> Frame | None:
    return frame_of(value) if frames.is_plain(name) else None


def _few(tables: list[tuple[str, Frame]], models: list[Held]) -> list[tuple[str, Frame]]:
    """Return the frames worth telling of: those that fit a model first, then the newest."""
    newest = list(reversed(tables))
    fitting = [one for one in newest if any(fits(model, one[1]) for model in models)]
    names = {name for name, _ in fitting}
    return (fitting + [one for one in newest if one[0] not in names])[:MOST_FRAMES]


def _told(name: str, held: Held, tables: list[tuple[str, Frame]]) -> dict[str, Any]:
    return {
        "name": name,
        "library": held.library,
        "kind": held.kind,
        "fitted": held.fitted,
        "training": held.training,
        "parameters": held.parameters,
        "width": held.width,
        "inputs": list(held.inputs[:MOST_NAMES]),
        "frames": [one for one, table in reversed(tables) if fits(held, table)][:MOST_FRAMES],
    }


def _described(name: str, frame: Frame) -> dict[str, Any]:
    try:
        return {
            "name": name,
            "library": frame.library,
            "rows": frame.rows(),
            "width": frame.width(),
            "columns": _names(frame),
        }
    except Exception as error:  # noqa: BLE001  # a person's own class may raise anything
        problem = f"It can't be read: {type(error).__name__}: {error}"[: frames.LONGEST_NAME]
        nothing = {"rows": 0, "width": 0, "columns": []}
        return {"name": name, "library": frame.library, **nothing, "problem": problem}


def _names(frame: Frame) -> list[str]:
    told = (one.name for one in frame.columns(NONE, MOST_NAMES) if not one.index)
    return [name for name in islice(told, MOST_NAMES) if len(name) <= frames.LONGEST_NAME]


def fits(model: Held, frame: Frame) -> bool:
    """Whether a frame has every input of a model: by name where the model knows names.

    A model that was fitted on plain arrays fits a frame of exactly its width.
    """
    try:
        if not model.inputs:
            return model.width is not None and model.width == frame.width()
        wanted = frozenset(model.inputs)
        return wanted <= {one.name for one in frame.columns(wanted, 0)}
    except Exception:  # noqa: BLE001  # a person's own class may raise anything
        return False
