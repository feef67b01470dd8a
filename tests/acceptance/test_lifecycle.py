"""`octavo down` and the second `octavo up`, with workspaces running."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest

from octavo.local.launch import PORTS
from tests.acceptance.installation import Installation, Launcher
from tests.acceptance.person import Kernel, Person

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]


def test_down_leaves_nothing_and_a_second_up_starts_again(
    octavo: Installation, own_launcher: Launcher, scientist_kernel: Kernel
) -> None:
    scientist_kernel.run(
        "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True)"
    )
    family, foreign = octavo.family(), octavo.of_accounts()
    assert len(family) >= 6
    assert foreign

    own_launcher.down()

    assert [one for one in family if one.alive()] == []
    assert octavo.of_accounts() == []
    assert octavo.marked() == []
    taken = {octavo.port + offset for offset in PORTS}
    listening = [one for one in psutil.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    assert not taken & {one.laddr.port for one in listening if one.laddr}

    again = own_launcher.up()
    assert again.ready_s is not None  # how long it took is what `make bench-start` measures


def test_after_the_second_up_people_find_what_they_had(
    octavo: Installation, people: Callable[[str], Person]
) -> None:
    person = people("scientist")
    person.start_workspace()
    assert (octavo.home / "homes" / "scientist").is_dir()
