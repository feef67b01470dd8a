"""The node pools that OCTAVO_NODE_POOLS declares, or this machine as the only one."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from octavo_server.adapters.document_schema import DocumentSchema
from octavo_server.adapters.machine import LocalMachine
from octavo_server.adapters.profile_files import text_of
from octavo_server.adapters.safe_yaml import read_yaml
from octavo_server.settings import SettingRefused
from octavo_server.workspaces.profiles.findings import NodePool, Taint

SCHEMA = "node-pools.schema.json"


class MachinePool:
    """This machine, where no pools are declared."""

    def __init__(self, machine: LocalMachine) -> None:
        """Take the machine that workspaces run on."""
        self._machine = machine

    def pools(self) -> tuple[NodePool, ...]:
        """Return the machine as the only pool, without what is kept for Octavo itself."""
        facts = self._machine.for_workspaces()
        return (
            NodePool(
                name="this machine",
                cpu=facts.cpus,
                memory_gib=facts.memory_gib,
                gpu=len(facts.gpus),
                gpu_type=facts.gpus[0] if facts.gpus else None,
                labels={},
                machine=True,
            ),
        )


class UnknownPools:
    """Nowhere: a check on a machine that workspaces don't run on."""

    def pools(self) -> tuple[NodePool, ...]:
        """Return none."""
        return ()


class DeclaredPools:
    """The pools of a YAML file; an edit is seen at once."""

    def __init__(self, file: Path, schemas: Path) -> None:
        """Take the file, and the folder that its schema lies in as ``node-pools.schema.json``."""
        self._file = file
        self._schema = DocumentSchema.of(schemas / SCHEMA)
        self._lock = threading.Lock()
        self._known: tuple[tuple[int, int], tuple[NodePool, ...]] | None = None

    def pools(self) -> tuple[NodePool, ...]:
        """Return the pools. Raises SettingRefused naming file, line, field, value and limit."""
        try:
            facts = self._file.stat()
            stamp = (facts.st_mtime_ns, facts.st_size)
            with self._lock:
                if self._known is None or self._known[0] != stamp:
                    self._known = (stamp, self._read(text_of(self._file)))
                return self._known[1]
        except OSError as error:
            raise SettingRefused(
                f"OCTAVO_NODE_POOLS: {self._file} can't be read: {error.strerror}.",
                "Correct the path, or unset it where workspaces run on this machine.",
            ) from error

    def _read(self, text: str) -> tuple[NodePool, ...]:
        reading = read_yaml(text)
        faults = list(reading.faults) or self._schema.faults(reading.raw)
        if faults:
            first = faults[0]
            line = first.line or next(
                (
                    reading.lines[first.place[:end]]
                    for end in range(len(first.place), 0, -1)
                    if first.place[:end] in reading.lines
                ),
                1,
            )
            raise SettingRefused(
                f"OCTAVO_NODE_POOLS: {self._file}, line {line}: {first.message}",
                "Correct the file; docs/admin/profiles.md shows one.",
            )
        found = tuple(_pool(one) for one in (reading.raw or {})["pools"])
        names = [one.name for one in found]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise SettingRefused(
                f"OCTAVO_NODE_POOLS: {self._file} has two pools called {twice[0]}.",
                "Give each pool a name of its own.",
            )
        return found


def _pool(one: Mapping[str, Any]) -> NodePool:
    gpu = one.get("gpu", {})
    return NodePool(
        name=one["name"],
        cpu=float(one["cpu"]),
        memory_gib=float(one["memory_gib"]),
        gpu=gpu.get("count", 0),
        gpu_type=gpu.get("type"),
        labels=dict(one.get("labels", {})),
        taints=tuple(Taint(**taint) for taint in one.get("taints", ())),
        spot=one.get("spot", False),
        nodes=one["nodes"],
    )
