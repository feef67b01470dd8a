"""The Merkle tree agrees with RFC 6962 and proves exactly what is in it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from octavo import merkle

LEAVES = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=40)

# Test vectors of RFC 6962 implementations (certificate-transparency): inputs and roots.
INPUTS = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
ROOTS = {
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}


@pytest.mark.parametrize(("size", "root"), ROOTS.items())
def test_known_roots(size: int, root: str) -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(one)) for one in INPUTS[:size]]
    assert merkle.tree_root(leaves).hex() == root


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.tree_root([]) == hashlib.sha256(b"").digest()


@given(LEAVES, st.data())
def test_every_leaf_is_proved(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.inclusion_path(leaves, index)
    assert merkle.root_from_path(leaves[index], index, len(leaves), path) == merkle.tree_root(
        leaves
    )


@given(LEAVES, st.data())
def test_a_changed_leaf_is_not(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = merkle.inclusion_path(leaves, index)
    other = bytes([leaves[index][0] ^ 1]) + leaves[index][1:]
    assert merkle.root_from_path(other, index, len(leaves), path) != merkle.tree_root(leaves)


def test_a_path_of_the_wrong_length_is_refused() -> None:
    leaves = [bytes([n]) * 32 for n in range(5)]
    path = merkle.inclusion_path(leaves, 2)
    with pytest.raises(ValueError, match="short"):
        merkle.root_from_path(leaves[2], 2, 5, path[:-1])
    with pytest.raises(ValueError, match="long"):
        merkle.root_from_path(leaves[2], 2, 5, [*path, path[0]])
    with pytest.raises(ValueError, match="outside"):
        merkle.root_from_path(leaves[2], 5, 5, path)
