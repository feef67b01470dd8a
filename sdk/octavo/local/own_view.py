"""A view of the machine in which other accounts' processes don't exist.

What a process may read of another account's is little anyway, never its environment; but names,
arguments and open ports say something too. Where Octavo may make mount namespaces (as root, outside
a narrow container), a workspace gets a ``/proc`` of its own that lists its account's processes
alone, and no device files of GPUs that were not lent to it.
"""

from __future__ import annotations

import ctypes
import functools
import os
from collections.abc import Callable, Sequence

_CLONE_NEWNS = 0x0002_0000
_MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8
_MS_REC_SLAVE = 0x4000 | 0x8_0000
_MS_BIND = 0x1000

# Loaded here, because nothing may be imported or looked up between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True)
_unshare, _mount = _libc.unshare, _libc.mount


def hide(files: Sequence[bytes] = ()) -> None:
    """Give this process, and all it starts, a ``/proc`` without other accounts' processes.

    Each of ``files``, such as the device of a GPU that isn't theirs, becomes an empty one. For use
    between fork and exec, while still root. Raises OSError when the machine refuses: then
    :func:`can_hide` would have said so.
    """
    _must(_unshare(_CLONE_NEWNS))
    # What is mounted later on the machine still arrives; nothing goes the other way.
    _must(_mount(b"none", b"/", None, _MS_REC_SLAVE, None))
    _must(_mount(b"proc", b"/proc", b"proc", _MS_NOSUID_NODEV_NOEXEC, b"hidepid=2"))
    for file in files:
        _must(_mount(b"/dev/null", file, None, _MS_BIND, None))


@functools.cache
def can_hide() -> bool:
    """Whether :func:`hide` works here, tried out in a process of its own."""
    return os.geteuid() == 0 and _in_a_child(hide)


def _in_a_child(action: Callable[[], None]) -> bool:
    child = os.fork()
    if child == 0:
        try:
            action()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _must(status: int) -> None:
    if status != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
