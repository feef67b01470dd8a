"""Follows the beginning of what may be a pickle, as far as its first import; executes nothing.

Raw numbers look like pickles now and then: what ends every unpickler before it has imported
anything is none, whatever stands behind.  And Python's unpickler takes arguments that Python's own
disassembler refuses (a number in hexadecimal): a scanner that stops there sees nothing of what
comes next.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import IO, Any, Final

MOST: Final = 10_000
"""Opcodes that are followed; random bytes end within a handful."""
LONGEST: Final = 2**20
"""Bytes of a line that are read."""
TEXTS: Final = frozenset(
    {
        pickletools.pyunicode, pickletools.pystring, pickletools.pybytes_or_str,
        pickletools.anyobject,
    }
)  # fmt: skip
"""What may be a text on an unpickler's stack; anyobject comes out of its memo."""
REACHING: Final = frozenset({"GLOBAL", "INST", "PERSID", "BINPERSID"})
"""Opcodes that reach for what isn't in the file, by themselves."""
REGISTERED: Final = frozenset({"EXT1", "EXT2", "EXT4"})
"""Opcodes that mean what was registered in the process; nothing is before an import."""
LINES: Final = {"I": 1, "L": 1, "F": 1, "S": 1, "V": 1, "c": 2, "i": 2, "p": 1, "g": 1, "P": 1}
"""Opcode -> lines of its argument: an odd one has an end all the same."""
NUMBER: Final = re.compile(rb"[ \t]*[+-]?[0-9a-zA-Z._+-]*\n")
"""What stands where an unpickler wants a number."""
OPCODES: Final = {one.code: one for one in pickletools.opcodes}
"""Byte, as a character -> its opcode."""
Step = tuple[pickletools.OpcodeInfo, bytes | str | None, bool]
"""An opcode, its argument in so far as it matters, and whether the disassembler refused that."""


class Beginning(StrEnum):
    """What the beginning of a file is to an unpickler."""

    NOTHING = "nothing"
    """Every unpickler fails before it imports anything."""
    PICKLE = "pickle"
    """An unpickler gets on, and a disassembler too."""
    DISGUISED = "disguised"
    """An unpickler gets to an import where a disassembler doesn't."""


def beginning(file: IO[bytes]) -> Beginning:
    """Say what the beginning of a file is."""
    stack: list[Any] = []
    odd = False
    for count, (opcode, argument, refused) in enumerate(_steps(file)):
        odd = odd or refused
        found = Beginning.DISGUISED if odd else Beginning.PICKLE
        if opcode.name == "STOP" or count == MOST:
            return Beginning.PICKLE
        if opcode.name == "STACK_GLOBAL" and not TEXTS.issuperset(stack[-2:]):
            return Beginning.NOTHING
        if opcode.name in REGISTERED or not _follow(stack, opcode):
            return Beginning.NOTHING
        if opcode.name in REACHING:
            return found if _is_name(argument) else Beginning.NOTHING
        if opcode.name == "STACK_GLOBAL":
            return found
    return Beginning.NOTHING


def _steps(file: IO[bytes]) -> Iterator[Step]:
    """Give opcodes, also those whose line the disassembler refuses; end where nobody gets on."""
    at = 0
    while True:
        file.seek(at)
        try:
            for opcode, argument, _ in pickletools.genops(file):
                at = file.tell()
                yield opcode, argument if isinstance(argument, bytes | str) else None, False
        except Exception:  # noqa: BLE001 - the disassembler raises what it likes
            file.seek(at)
            code = file.read(1).decode("latin-1")
            lines = [file.readline(LONGEST) for _ in range(LINES.get(code, 0))]
            if not lines or not all(one.endswith(b"\n") for one in lines):
                return
            if code in "ILFpg" and not NUMBER.fullmatch(lines[0]):
                return
            at = file.tell()
            yield OPCODES[code], b" ".join(lines), True
        else:
            return


def _is_name(argument: bytes | str | None) -> bool:
    """Whether what an opcode reaches for may be the name of something."""
    if isinstance(argument, bytes):
        try:
            argument = argument.replace(b"\n", b"").decode()
        except UnicodeDecodeError:
            return False
    return argument is None or (argument.strip() != "" and argument.isprintable())


def _follow(stack: list[Any], opcode: pickletools.OpcodeInfo) -> bool:
    """Do to the stack what an opcode does; False where there is too little on it."""
    takes = opcode.stack_before
    if pickletools.markobject in takes:
        if pickletools.markobject not in stack:
            return False
        while stack.pop() is not pickletools.markobject:
            pass
        takes = takes[: takes.index(pickletools.markobject)]
    if len(takes) > len(stack):
        return False
    if takes:
        del stack[-len(takes) :]
    stack.extend(opcode.stack_after)
    return True
