"""GPUs are lent to scorers by number: counted, pinned, and never those of workspaces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from octavo_server.adapters.scorer_gpus import ScorerGpus
from octavo_server.errors import Unavailable


def _machine(folder: Path, count: int) -> Path:
    for number in range(count):
        place = folder / f"0000:{number:02d}:00.0"
        place.mkdir(parents=True)
        text = f"Model:\t\t H100\nDevice Minor: \t {number}\n"
        (place / "information").write_text(text, "utf-8")
    return folder


@pytest.fixture
def lender(tmp_path: Path) -> Callable[..., ScorerGpus]:
    """Give GPUs of a machine that has as many as asked, some lent to workspaces."""

    def made(count: int, *workspaces: int) -> ScorerGpus:
        return ScorerGpus(_machine(tmp_path / f"of-{count}", count), lambda: workspaces)

    return made


def test_no_gpu_is_lent_twice(lender: Callable[..., ScorerGpus]) -> None:
    gpus = lender(4, 1)
    assert gpus.lend("a", "flights/late", 1) == (0,)
    assert gpus.lend("b", "flights/fares", 2) == (2, 3)
    assert gpus.lend("c", "flights/late", 0) == ()


def test_what_a_running_scorer_has_stays_its_own(lender: Callable[..., ScorerGpus]) -> None:
    gpus = lender(2)
    gpus.adopt("a", "flights/late", (0,))
    gpus.adopt("b", "flights/late", ())
    assert gpus.lend("c", "flights/fares", 1) == (1,)


def test_what_is_given_back_is_lent_again(lender: Callable[..., ScorerGpus]) -> None:
    gpus = lender(1)
    gpus.lend("a", "flights/late", 1)
    with pytest.raises(Unavailable) as refused:
        gpus.lend("b", "flights/fares", 1)
    assert refused.value.message == (
        "The scorer needs a GPU; of this machine's 1, 1 are lent to scorers and 0 to workspaces."
    )
    assert refused.value.remedy == "Stop what holds one, or choose a profile without a GPU."
    gpus.give_back("a")
    gpus.give_back("a")
    assert gpus.lend("b", "flights/fares", 1) == (0,)


def test_the_next_version_of_a_model_may_share_the_only_gpu(
    lender: Callable[..., ScorerGpus],
) -> None:
    gpus = lender(1)
    assert gpus.lend("v1", "flights/late", 1) == gpus.lend("v2", "flights/late", 1) == (0,)
    gpus.give_back("v1")
    with pytest.raises(Unavailable, match="1 are lent to scorers"):
        gpus.lend("other", "flights/fares", 1)


def test_a_workspaces_gpu_is_lent_to_nobody(lender: Callable[..., ScorerGpus]) -> None:
    with pytest.raises(
        Unavailable, match=r"needs 2 GPUs; of this machine's 2, 0 .* 1 to workspaces"
    ):
        lender(2, 0).lend("a", "flights/late", 2)
    with pytest.raises(Unavailable, match="this machine has none"):
        lender(0).lend("a", "flights/late", 1)
