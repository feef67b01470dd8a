"""Memory and time of all processes of one user, as the runner of a pod measures its kernel."""

from __future__ import annotations

import os
import subprocess
import sys

from octavo_runner.metering import UserMeter

BUSY = (
    "import sys, time\nkept = bytearray(80 << 20)\nwhile time.process_time() < 0.5: pass\n"
    "print('ready', flush=True)\nsys.stdin.read()"
)
NOBODY_ELSE = 61_234


def test_all_processes_of_the_user_count_and_others_do_not() -> None:
    own = os.getuid() == 0
    user = NOBODY_ELSE if own else os.getuid()
    meter = UserMeter(user)
    before, _ = meter.sample()
    process = subprocess.Popen(
        [sys.executable, "-c", BUSY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        **({"user": NOBODY_ELSE, "group": NOBODY_ELSE} if own else {}),
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        used, count = meter.sample()
        assert used - before > 70 << 20
        assert count == 1 or not own
        assert meter.proportional() > 70 << 20
        assert meter.cpu_s() >= 0.4
        assert meter.peak() >= used
    finally:
        process.communicate()
    assert meter.highest >= used
    assert meter.cpu_s() >= 0.4, "what has ended still counts"
    if own:
        assert UserMeter(NOBODY_ELSE).sample() == (0, 0)
