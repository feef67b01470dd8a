"""A word finds itself, longer words, words around it, and words with few typing errors."""

import pytest

from octavo_server.features.catalog.matching import (
    LONGEST_WORD,
    MOST_WORDS,
    How,
    Vocabulary,
    distinct,
    words,
)

KNOWN = Vocabulary(["delay", "delays", "carrier", "temperature", "wet", "belay", "größe"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("delay", {"delay": How.EXACT, "delays": How.PREFIX}),
        ("dela", {"delay": How.PREFIX, "delays": How.PREFIX}),
        ("arrier", {"carrier": How.INSIDE}),
        ("dealy", {"delay": How.TYPO}),
        ("delayy", {"delay": How.TYPO, "delays": How.TYPO}),
        ("temprature", {"temperature": How.TYPO}),
        ("temprat", {"temperature": How.TYPO}),
        ("carier", {"carrier": How.TYPO}),
        ("wett", {"wet": How.TYPO}),
        ("wat", {}),
        ("relax", {}),
        ("", {}),
    ],
)
def test_what_a_word_may_mean(asked: str, expected: dict[str, How]) -> None:
    answers = KNOWN.answers(asked) if asked else {}
    assert {word: match.how for word, match in answers.items()} == expected
    assert KNOWN.answers(asked) is KNOWN.answers(asked)


def test_words_are_compared_without_case_and_form() -> None:
    assert words("Carrier_Delay  ﬁnal-GRÖSSE 24h") == ["carrier", "delay", "final", "grösse", "24h"]


def test_a_huge_text_is_searched_by_its_beginning() -> None:
    found = distinct(" ".join(f"word{n}" for n in range(200_000)))
    assert len(found) == MOST_WORDS
    assert distinct("x" * 1_000_000) == ("x" * LONGEST_WORD,)
