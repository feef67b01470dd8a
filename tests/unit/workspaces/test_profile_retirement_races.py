"""Two profiles that are retired at once never lead to each other."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from tests.support.governance import ADA, BO, REASON, REVA, Governance

from octavo_server.database.rows import Database
from octavo_server.errors import Invalid
from octavo_server.identity import Caller
from octavo_server.workspaces.profiles.changes import Wanted
from octavo_server.workspaces.profiles.domain import ChangeKind, ProfileChange

PAIRS = 5


def _retiring(world: Governance, profile: str, to: str) -> ProfileChange:
    wanted = Wanted(
        kind=ChangeKind.RETIRE, profile=profile, reason=REASON, redirect_to=to, message="It goes."
    )
    return world.changes.propose(ADA, wanted)


def test_of_two_that_lead_to_each_other_one_is_retired(database: Database, tmp_path: Path) -> None:
    world = Governance(database, tmp_path)
    for number in range(PAIRS):
        here, there = f"here-{number}", f"there-{number}"
        for name in (here, there):
            world.publish(id=name, title=name.title())
        both = [(_retiring(world, here, there), BO), (_retiring(world, there, here), REVA)]
        barrier = Barrier(2)

        def review(pair: tuple[ProfileChange, Caller], at_once: Barrier = barrier) -> str:
            at_once.wait(timeout=10)
            try:
                return world.approve(*pair).state
            except Invalid as refused:
                return refused.message.partition(";")[0]

        with ThreadPoolExecutor(2) as pool:
            said = list(pool.map(review, both))
        assert said.count("published") == 1
        assert any("is not offered, so nobody can be led there" in one for one in said)
        offered = {one.profile.id for one in world.profiles.offered()}
        assert len(offered & {here, there}) == 1
