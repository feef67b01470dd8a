"""Writes values the way Feast's SQLite online store keeps them, without Feast.

A value is a protobuf message with one field set (``feast.types.Value``); a null is the empty
message. A test compares every type with Feast's own bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

_VARINT, _EIGHT, _LENGTH, _FOUR = 0, 1, 2, 5
_NUMBERS = {
    "String": 2,
    "Int32": 3,
    "Int64": 4,
    "Float64": 5,
    "Float32": 6,
    "Bool": 7,
    "UnixTimestamp": 8,
}
"""Numbers of the message's fields."""


def value_bytes(value: str | float | bool | None, dtype: str) -> bytes:
    """Return the serialised value. Raises KeyError for a type that can't be pushed."""
    if value is None:
        return b""
    wire, encode = _ENCODERS[dtype]
    return _varint(_NUMBERS[dtype] << 3 | wire) + encode(value)


def value_text(value: str | float | bool | None, dtype: str) -> str | None:
    """Return the value's text beside it; Feast keeps none of a time."""
    if value is None or dtype == "UnixTimestamp":
        return None
    if dtype == "Float32":
        # Protobuf gives a 32-bit number back as the 64-bit one that is the same.
        return str(struct.unpack("<f", struct.pack("<f", value))[0])
    return str(float(value)) if dtype == "Float64" else str(value)


def _varint(number: int) -> bytes:
    """Return an integer in groups of 7 bits; a negative one as its 64-bit two's complement."""
    left, found = number & (1 << 64) - 1, bytearray()
    while left > 0x7F:
        found.append(left & 0x7F | 0x80)
        left >>= 7
    found.append(left)
    return bytes(found)


def _text(value: Any) -> bytes:
    encoded = str(value).encode()
    return _varint(len(encoded)) + encoded


def _time(value: Any) -> bytes:
    return _varint(int(datetime.fromisoformat(str(value)).timestamp()))


def _whole(value: Any) -> bytes:
    return _varint(int(value))


_ENCODERS: Mapping[str, tuple[int, Callable[[Any], bytes]]] = {
    "String": (_LENGTH, _text),
    "Int32": (_VARINT, _whole),
    "Int64": (_VARINT, _whole),
    "Float64": (_EIGHT, lambda value: struct.pack("<d", value)),
    "Float32": (_FOUR, lambda value: struct.pack("<f", value)),
    "Bool": (_VARINT, _whole),
    "UnixTimestamp": (_VARINT, _time),
}
