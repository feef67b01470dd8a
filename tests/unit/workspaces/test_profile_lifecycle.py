"""Whatever people do to profiles in whatever order, what must always hold does hold."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from tests.support.governance import ADA, BO, MINUTE, REASON, REVA, Governance
from tests.support.profiles import FORM, document

from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import OctavoError
from octavo_server.identity import Caller
from octavo_server.workspaces.profiles.changes import Wanted
from octavo_server.workspaces.profiles.domain import ChangeKind, ChangeState, VersionState

NAMES = ("cpu-small", "gpu-1", "cpu-xl")
NAME = st.sampled_from(NAMES)
ADMIN = st.sampled_from([ADA, BO])
ANYONE = st.sampled_from([ADA, BO, REVA])
HOURS = st.integers(-1, 6)
"""Longest hours of a document; below 1 it has an error."""


class Lifecycle(RuleBasedStateMachine):
    """Two admins and a reviewer who do what they like."""

    changes = Bundle("changes")

    def __init__(self) -> None:
        super().__init__()
        self._folder = tempfile.TemporaryDirectory()
        self.world = Governance(MemoryDatabase(), Path(self._folder.name))

    def teardown(self) -> None:
        """Remove the keys' folder."""
        self._folder.cleanup()

    def _try(self, wanted: Wanted, caller: Caller) -> str:
        made: list[str] = []
        self._step(lambda: made.append(self.world.changes.propose(caller, wanted).id))
        return made[0] if made else "none"

    @rule(target=changes, caller=ADMIN, name=NAME, hours=HOURS, draft=st.booleans())
    def publish(self, caller: Caller, name: str, hours: int, draft: bool) -> str:
        """Propose a document."""
        made = document(id=name, longest_hours=hours, idle={"minutes": 5})
        text = FORM.write(made)
        wanted = Wanted(
            kind=ChangeKind.PUBLISH, profile=name, reason=REASON, text=text, draft=draft
        )
        return self._try(wanted, caller)

    @rule(target=changes, caller=ADMIN, name=NAME, to=st.none() | NAME)
    def retire(self, caller: Caller, name: str, to: str | None) -> str:
        """Propose a retirement."""
        wanted = Wanted(
            kind=ChangeKind.RETIRE, profile=name, reason=REASON, redirect_to=to, message="Old."
        )
        return self._try(wanted, caller)

    @rule(target=changes, caller=ADMIN, name=NAME, version=st.integers(1, 4))
    def roll_back(self, caller: Caller, name: str, version: int) -> str:
        """Propose to go back."""
        wanted = Wanted(kind=ChangeKind.ROLL_BACK, profile=name, reason=REASON, to_version=version)
        return self._try(wanted, caller)

    @rule(change=changes, caller=ADMIN, hours=HOURS, draft=st.booleans(), carried=st.booleans())
    def edit(self, change: str, caller: Caller, hours: int, draft: bool, carried: bool) -> None:
        """Edit a change, perhaps carried over to the newest version."""
        self._step(lambda: self._edit(change, caller, hours, draft, carried))

    def _edit(self, change: str, caller: Caller, hours: int, draft: bool, carried: bool) -> None:
        found = self.world.changes.change(change)
        newest = self.world.profiles.newest().get(found.profile)
        text = FORM.write(document(id=found.profile, longest_hours=hours, idle={"minutes": 4}))
        base = newest.version if newest and carried else None
        self.world.changes.edit(
            caller, change, text=text, reason=REASON, draft=draft, base_version=base
        )

    @rule(change=changes, caller=ADMIN)
    def submit(self, change: str, caller: Caller) -> None:
        """Offer a draft."""
        self._step(lambda: self.world.changes.submit(caller, change))

    @rule(change=changes, caller=ADMIN)
    def withdraw(self, change: str, caller: Caller) -> None:
        """Take a change back."""
        self._step(lambda: self.world.changes.withdraw(caller, change))

    @rule(change=changes, caller=ANYONE, approve=st.booleans(), seen=st.booleans())
    def review(self, change: str, caller: Caller, approve: bool, seen: bool) -> None:
        """Decide about a change, having seen it or something else."""
        self._step(lambda: self._review(change, caller, approve, seen))

    def _review(self, change: str, caller: Caller, approve: bool, seen: bool) -> None:
        digest = self.world.changes.change(change).digest if seen else "sha256:other"
        self.world.changes.review(caller, change, approve=approve, reason="Decided.", digest=digest)
        assert seen

    def _step(self, act: Callable[[], object]) -> None:
        """Do something; a refusal changes nothing and leaves no entry."""
        self.world.now += MINUTE
        before = self._all()
        refused = _refusal_of(act)
        if refused is not None:
            assert refused.status < 500
            assert refused.message
            assert self._all() == before

    def _all(self) -> object:
        changes = self.world.changes.changes(limit=1_000)
        return changes, self.world.profiles.newest(), len(self.world.audit.entries(limit=9_999))

    @invariant()
    def versions_are_counted_and_at_most_the_newest_is_offered(self) -> None:
        """Each profile's history is one line."""
        for name in self.world.profiles.newest():
            versions = self.world.catalog.detail(name).versions
            assert [one.version for one in versions] == list(range(len(versions), 0, -1))
            assert versions[0].state in (VersionState.PUBLISHED, VersionState.RETIRED)
            assert not any(one.offered for one in versions[1:])
            assert all(one.ended_at is not None for one in versions[1:])

    @invariant()
    def nothing_is_in_force_that_two_people_did_not_agree_on(self) -> None:
        """Four eyes."""
        for change in self.world.changes.changes(limit=1_000):
            if change.state is ChangeState.PUBLISHED:
                assert change.reviewer is not None
                assert change.reviewer != change.author
                assert change.version is not None
            else:
                assert change.version is None
        for name in self.world.profiles.newest():
            for version in self.world.catalog.detail(name).versions:
                assert version.author == "service:install" or version.reviewer is not None
                assert version.profile.longest_hours > 0

    @invariant()
    def every_name_leads_somewhere_or_says_where_to_go(self) -> None:
        """Redirects end."""
        for name in NAMES:
            refused = _refusal_of(lambda name=name: self._check_led(name))
            assert refused is None or refused.remedy

    def _check_led(self, name: str) -> None:
        led = self.world.profiles.resolve(name)
        assert led.version.offered
        assert bool(led.said) is (led.version.profile.id != name)


def _refusal_of(act: Callable[[], object]) -> OctavoError | None:
    try:
        act()
    except OctavoError as refused:
        return refused
    return None


Lifecycle.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestLifecycle = Lifecycle.TestCase
