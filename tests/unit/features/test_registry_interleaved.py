"""Octavo's operations and changes behind its back in any order: the read model is the registry.

After each comparison either everything that the catalog answers is what the published registry
holds, and readers are pointed to it, or the catalog says what is wrong and keeps answering.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.people import SCIENTIST
from tests.support.registry_files import PROJECT, RegistryWorld, data_file

from octavo.features import folder_digest

NAMES = ("carrier", "route", "plane", "weather")
NAME = st.sampled_from(NAMES)
WORDS = st.sampled_from(["thunder", "snowfall", "storm", "engine"])
DECLARED = st.dictionaries(NAME, WORDS, min_size=1)
HOURS = st.integers(1, 100)


class Interleaved(RuleBasedStateMachine):
    """A registry that two sides write to: Octavo, and whoever has the files."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="octavo-registry-"))
        self.world = RegistryWorld(self.folder)

    def teardown(self) -> None:
        self.world.catalog.uses.close()
        shutil.rmtree(self.folder)

    @initialize(declared=DECLARED)
    def first(self, declared: dict[str, str]) -> None:
        self.publish(declared)

    # ---- what Octavo does

    @rule(declared=DECLARED)
    def publish(self, declared: dict[str, str]) -> None:
        self.world.publish(**declared)

    @rule(name=NAME)
    def use(self, name: str) -> None:
        catalog = self.world.catalog
        catalog.used(PROJECT, name, ["a"], how="online", caller=SCIENTIST)
        catalog.uses.flush()

    @rule(word=WORDS)
    def search(self, word: str) -> None:
        found = [hit.entry.view for hit in self.world.catalog.find(PROJECT, word)]
        assert all(word in view.description for view in found)

    # ---- what happens behind its back

    @rule(name=NAME, hours=HOURS)
    def write_data(self, name: str, hours: int) -> None:
        self.world.write_data(name, self.world.clock() - timedelta(hours=hours))

    @rule(name=NAME)
    def lose_data(self, name: str) -> None:
        data_file(self.world.lake, name).unlink(missing_ok=True)

    @rule(to=st.sampled_from(["", "older", "/etc", "nowhere"]))
    def move_pointer(self, to: str) -> None:
        pointer, here = self.world.features / "current", self.world.snapshot().name
        pointer.unlink(missing_ok=True)
        others = [one.name for one in self.world.features.iterdir() if len(one.name) == 64]
        if to == "older":
            to = next((one for one in sorted(others) if one != here), "")
        if to:
            pointer.symlink_to(to)

    @rule(declared=DECLARED)
    @precondition(lambda self: self.world.snapshot().is_dir())
    def rewrite_registry(self, declared: dict[str, str]) -> None:
        (self.world.snapshot() / "registry.db").write_text(json.dumps(declared, sort_keys=True))

    @rule(content=st.sampled_from(["no json", "", "{"]))
    @precondition(lambda self: self.world.snapshot().is_dir())
    def break_registry(self, content: str) -> None:
        (self.world.snapshot() / "registry.db").write_text(content)

    @rule()
    @precondition(lambda self: self.world.snapshot().is_dir())
    def add_a_file(self) -> None:
        (self.world.snapshot() / "sitecustomize.py").write_text("print('evil')")

    @rule()
    def remove_snapshot(self) -> None:
        shutil.rmtree(self.world.snapshot(), ignore_errors=True)

    # ---- what must hold

    @rule()
    def time_passes(self) -> None:
        self.world.clock.move(timedelta(minutes=3))

    @rule()
    def compare(self) -> None:
        shown, codes = self.world.shown(), self.world.compare()
        folder = self.world.snapshot()
        if not folder.is_dir():
            assert codes == ["missing"]
            assert self.world.shown() == shown
        elif folder_digest(folder) != folder.name:
            assert codes == ["changed"]
            assert self.world.shown() == shown
        else:
            held = self.world.held()
            assert self.world.pointed_to() == folder.name
            assert self.world.shown() == held
            unreadable = [name for name, (_, newest) in held.items() if newest is None]
            assert codes == ["unreadable"] * len(unreadable)

    @invariant()
    def search_answers_what_is_shown(self) -> None:
        if self.world.catalog.current(PROJECT) is None:
            return
        found = self.world.catalog.search([PROJECT], "", {}, 0, 100)
        assert {hit.entry.view.name for hit in found.hits} == set(self.world.shown())


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(
    max_examples=12,
    stateful_step_count=25,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
