"""Control groups: what a whole workspace may use, held by the kernel over all its processes.

A limit of a process (``setrlimit``) doesn't hold for what it starts. The kernel's control groups
do: memory, CPU time and number of processes of everything that was started inside. Which form of
them a machine offers, and whether Octavo may use it, differs; :func:`kernel_groups` finds out, and
returns None where :mod:`octavo.local.watch` has to do.

    kernel = kernel_groups("octavo-1a2b")
    group = kernel.make("oct-1a2b-u-ann", limits)
    subprocess.Popen(argv, **account.popen_kwargs(limits, joins=group.joining()))
"""

from octavo.local.control_groups.group import Counters, Group, KernelGroups
from octavo.local.control_groups.machine import kernel_groups, make_room

__all__ = ["Counters", "Group", "KernelGroups", "kernel_groups", "make_room"]
