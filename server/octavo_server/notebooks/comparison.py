"""Compares two executions of one notebook, cell by cell and artifact by artifact. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from octavo.records.notebooks import CellComparison, Input, Outcome, Tolerance, Verdict
from octavo_server.notebooks.document import VOLATILE_TAG

INJECTED = "injected-parameters"
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.])")
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,16}\b")
LONGEST_TEXT = 200_000
"""Characters of an output that are kept for comparing number by number."""

Cells = list[dict[str, Any]]
"""What is kept of an execution: one dict a code cell with ``cell``, ``name``, ``volatile``,
``digest`` and, where it isn't too long, ``outputs`` (a list of kind-text pairs)."""


def results(output: Mapping[str, Any]) -> Cells:
    """Return what an output notebook holds for comparing."""
    kept: Cells = []
    index = -1
    for cell in output.get("cells", []):
        tags = cell.get("metadata", {}).get("tags", [])
        if INJECTED in tags:
            continue
        index += 1
        if cell.get("cell_type") != "code":
            continue
        outputs = _normal(cell.get("outputs", []))
        text = json.dumps(outputs, sort_keys=True)
        one: dict[str, Any] = {
            "cell": index,
            "name": _first_line(cell.get("source", "")),
            "volatile": VOLATILE_TAG in tags,
            "digest": hashlib.sha256(text.encode()).hexdigest(),
        }
        kept.append(one | ({"outputs": outputs} if len(text) <= LONGEST_TEXT else {}))
    return kept


def compare(
    base: Cells,
    other: Cells,
    tolerance: Tolerance,
    base_files: Mapping[str, str] | None = None,
    other_files: Mapping[str, str] | None = None,
) -> Verdict:
    """Compare ``other`` with ``base``; files are path to SHA-256."""
    found = [_cell(one, two, tolerance) for one, two in zip(base, other, strict=False)]
    found += [
        _different(left["cell"], left["name"], "only one execution has this cell")
        for left in (*base[len(other) :], *other[len(base) :])
    ]
    found += _files(base_files or {}, other_files or {})
    counts = {outcome: sum(1 for one in found if one.outcome is outcome) for outcome in Outcome}
    return Verdict(
        outcome=_worst(counts),
        identical=counts[Outcome.IDENTICAL],
        equivalent=counts[Outcome.EQUIVALENT],
        different=counts[Outcome.DIFFERENT],
        volatile=counts[Outcome.VOLATILE],
        cells=[one for one in found if one.outcome is not Outcome.IDENTICAL],
    )


def changed_inputs(before: Sequence[Input], now: Sequence[Input]) -> list[str]:
    """Return the names of the inputs whose content isn't what it was."""
    known = {(one.kind, one.name): one.digest for one in before}
    return [
        f"{one.kind}:{one.name}" for one in now if known.get((one.kind, one.name)) != one.digest
    ]


def _worst(counts: Mapping[Outcome, int]) -> Literal["identical", "equivalent", "different"]:
    if counts[Outcome.DIFFERENT]:
        return "different"
    return "equivalent" if counts[Outcome.EQUIVALENT] else "identical"


def _cell(
    base: Mapping[str, Any], other: Mapping[str, Any], tolerance: Tolerance
) -> CellComparison:
    number, name = base["cell"], base["name"]
    if base["volatile"]:
        return CellComparison(
            cell=number, name=name, outcome=Outcome.VOLATILE, detail="tagged volatile"
        )
    if base["digest"] == other["digest"]:
        return CellComparison(cell=number, name=name, outcome=Outcome.IDENTICAL)
    if "outputs" not in base or "outputs" not in other:
        return _different(number, name, "outputs differ and are too long to compare by number")
    outcome, detail = _outputs(base["outputs"], other["outputs"], tolerance)
    return CellComparison(cell=number, name=name, outcome=outcome, detail=detail[:300])


def _outputs(
    base: Sequence[Sequence[str]], other: Sequence[Sequence[str]], tolerance: Tolerance
) -> tuple[Outcome, str]:
    if [one[0] for one in base] != [one[0] for one in other]:
        return (
            Outcome.DIFFERENT,
            f"outputs are {len(other)} instead of {len(base)}, or of other kinds",
        )
    largest = 0.0
    for one, two in zip(base, other, strict=True):
        apart = _apart(one[1], two[1], tolerance)
        if isinstance(apart, str):
            return Outcome.DIFFERENT, apart
        largest = max(largest, apart)
    return Outcome.EQUIVALENT, f"numbers differ by at most {largest:.3g}"


def _apart(base: str, other: str, tolerance: Tolerance) -> float | str:
    """Return the largest difference of two texts' numbers, or what differs beyond tolerance."""
    if base == other:
        return 0.0
    if NUMBER.sub("#", base) != NUMBER.sub("#", other):
        return _first_difference(base, other)
    largest = 0.0
    for one, two in zip(NUMBER.findall(base), NUMBER.findall(other), strict=True):
        if one == two:
            continue
        first, second = float(one), float(two)
        if not math.isclose(first, second, rel_tol=tolerance.relative, abs_tol=tolerance.absolute):
            return f"{two} instead of {one}"
        largest = max(largest, abs(first - second))
    return largest


def _first_difference(base: str, other: str) -> str:
    for one, two in zip(base.splitlines(), other.splitlines(), strict=False):
        if one != two:
            return f"{two[:120]!r} instead of {one[:120]!r}"
    return f"{len(other)} characters instead of {len(base)}"


def _files(base: Mapping[str, str], other: Mapping[str, str]) -> list[CellComparison]:
    found = []
    for path in sorted({*base, *other}):
        if base.get(path) == other.get(path):
            found.append(CellComparison(cell=None, name=path, outcome=Outcome.IDENTICAL))
        else:
            only = "missing" if path not in other else "new" if path not in base else "other bytes"
            found.append(_different(None, path, f"file: {only}"))
    return found


def _different(cell: int | None, name: str, detail: str) -> CellComparison:
    return CellComparison(cell=cell, name=name, outcome=Outcome.DIFFERENT, detail=detail)


def _normal(outputs: Iterable[Mapping[str, Any]]) -> list[list[str]]:
    """Return outputs as kind-text pairs: streams joined, addresses and counts left out."""
    found: list[list[str]] = []
    for output in outputs:
        kind = str(output.get("output_type"))
        if kind == "stream":
            label = f"stream {output.get('name')}"
            text = _joined(output.get("text", ""))
            known = next((one for one in found if one[0] == label), None)
            if known:  # in which pieces a stream arrives, and between which others, is chance
                known[1] += text
            else:
                found.append([label, text])
        elif kind == "error":
            found.append(["error", f"{output.get('ename')}: {output.get('evalue')}"])
        else:
            for mime, data in sorted(output.get("data", {}).items()):
                text = data if isinstance(data, str) else _joined(data)
                found.append([mime, text])
    return [[label, ADDRESS.sub("0x", text)] for label, text in found]


def _joined(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return "".join(value)
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _first_line(source: Any) -> str:
    for line in _joined(source).splitlines():
        if line.strip():
            return line.strip()[:120]
    return ""
