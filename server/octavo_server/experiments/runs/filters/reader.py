"""Reads a filter into its tree by recursive descent; every refusal says where and what may stand.

filter  := either
either  := both ("or" both)*
both    := negated (["and"] negated)*
negated := "not" negated | "(" either ")" | clause | word | quoted text
clause  := field ("=" | "!=" | "<" | "<=" | ">" | ">=" | "like" | "ilike" | "contains") value
| field ["not"] "in" "(" value ("," value)* ")"
| field "is" ["not"] "null" | field ["not"] "exists"
"""

from __future__ import annotations

from typing import Final

from octavo_server.experiments.runs.filters import values
from octavo_server.experiments.runs.filters.syntax import (
    COLUMNS,
    KINDS,
    LONGEST_NAME,
    SINGULAR,
    SPELLINGS,
    All,
    Any,
    Comparison,
    Field,
    Filter,
    Membership,
    Not,
    Presence,
    Value,
    Words,
)
from octavo_server.experiments.runs.filters.tokens import FilterError, Token, tokens

LONGEST: Final = 2_000
MOST_CLAUSES: Final = 50
DEEPEST: Final = 20
MOST_VALUES: Final = 100
FIELDS: Final = (*COLUMNS, "metrics.<name>", "params.<name>", "tags.<name>")
EQUAL: Final = ("=", "!=")
ORDERED: Final = ("<", "<=", ">", ">=")
TEXTUAL: Final = ("like", "ilike", "contains")
OPERATORS: Final = {
    "number": (*EQUAL, *ORDERED, "in", "not in", "is null", "is not null", "exists"),
    "duration": (*EQUAL, *ORDERED, "is null", "is not null", "exists"),
    "time": (*EQUAL, *ORDERED, "is null", "is not null", "exists"),
    "choice": (*EQUAL, "in", "not in"),
    "text": (*EQUAL, *ORDERED, *TEXTUAL, "in", "not in", "is null", "is not null", "exists"),
}
"""Type of a field -> what may stand behind it."""
BY_WORD: Final = ("in", "is", "exists")
SAME: Final = {"==": "=", "<>": "!="}


def read_filter(text: str) -> Filter:
    """Return the tree of a filter; an empty text finds all runs. Raises FilterError."""
    if len(text) > LONGEST:
        message = f"the filter has {len(text):,} characters; at most {LONGEST:,} are read"
        raise FilterError(LONGEST, len(text) - LONGEST, message, ())
    return Reader(tokens(text)).whole()


def field_of(token: Token) -> Field | None:
    """Return the field that a word or a prefix with a quoted name stands for."""
    if token.kind == "field":
        prefix, name = token.text.lower(), token.name
    elif token.kind == "word":
        column = SPELLINGS.get(token.word, token.word)
        if column in COLUMNS:
            return Field(kind="column", name=column)
        head, dot, name = token.text.partition(".")
        prefix = head.lower() if dot else ""
    else:
        return None
    kind = KINDS.get(SINGULAR.get(prefix, prefix))
    known = kind is not None and 0 < len(name) <= LONGEST_NAME
    return Field(kind=kind, name=name) if kind and known else None


class Reader:
    """Walks over the pieces of one filter."""

    def __init__(self, pieces: list[Token]) -> None:
        self._pieces = pieces
        self._at = 0
        self._clauses = 0
        self.asked: Field | None = None
        """The field whose value is being read."""

    @property
    def here(self) -> Token:
        """The piece that comes next."""
        return self._pieces[self._at]

    def whole(self) -> Filter:
        """Read to the end. Raises FilterError."""
        if self.here.kind == "end":
            return All()
        tree = self._either(0)
        if self.here.kind != "end":
            raise self._unexpected(("and", "or"))
        return tree

    def _next(self) -> Token:
        token = self.here
        self._at += token.kind != "end"
        return token

    def _take(self, *words: str) -> bool:
        """Step over one of ``words``, where it comes next."""
        found = self.here.word in words or (self.here.kind == "sign" and self.here.text in words)
        self._at += found
        return found

    def _either(self, depth: int) -> Filter:
        parts = [self._both(depth)]
        while self._take("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Any(parts=tuple(parts))

    def _both(self, depth: int) -> Filter:
        parts = [self._negated(depth)]
        while self._take("and") or self._begins():
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else All(parts=tuple(parts))

    def _begins(self) -> bool:
        """Whether another condition follows without a word between."""
        token = self.here
        if token.kind == "sign":
            return token.text == "("
        return token.kind in {"text", "field"} or (token.kind == "word" and token.word != "or")

    def _negated(self, depth: int) -> Filter:
        if depth >= DEEPEST:
            message = f"it is nested more than {DEEPEST} deep here"
            raise FilterError(self.here.start, self._length(), message, ())
        if self._take("not"):
            return Not(inner=self._negated(depth + 1))
        if self._take("("):
            tree = self._either(depth + 1)
            if not self._take(")"):
                raise self._unexpected(("and", "or", ")"))
            return tree
        return self._clause()

    def _clause(self) -> Filter:
        self._clauses += 1
        if self._clauses > MOST_CLAUSES:
            message = f"it has more than {MOST_CLAUSES} conditions from here on"
            raise FilterError(self.here.start, self._length(), message, ())
        token = self.here
        if token.kind not in {"word", "text", "field"} or token.word in {"and", "or"}:
            raise self._unexpected(("a field", "a word to look for", "not", "("))
        self._next()
        if token.kind == "text" or (token.kind == "word" and not self._compares(token)):
            return Words(text=token.text)
        field = field_of(token)
        if field is None:
            raise _no_field(token)
        return self._condition(field)

    def _compares(self, token: Token) -> bool:
        """Whether a word begins a condition, and is no text to look for."""
        follows, then = self.here, self._pieces[min(self._at + 1, len(self._pieces) - 1)]
        if follows.kind == "sign":
            return follows.text not in "(),"
        if follows.word in {"like", "ilike"}:
            return True
        if field_of(token) is None:
            return False
        negated = follows.word == "not" and then.word in {"in", "exists"}
        operator = follows.kind == "hole" or follows.word in {*TEXTUAL, *BY_WORD}
        return operator or negated or "." in token.text

    def _condition(self, field: Field) -> Filter:
        allowed = OPERATORS[field.type]
        token, inverted = self.here, self._take("not")
        if self._take("exists"):
            found: Filter = Presence(field=field)
        elif self._take("in"):
            found = self._membership(field, token, allowed)
            if inverted:  # as with !=, a run without a value is not found
                return All(parts=(Presence(field=field), Not(inner=found)))
        elif not inverted and self._take("is"):
            inverted = not self._take("not")
            if not self._take("null"):
                raise self._unexpected(("null", "not null") if inverted else ("null",))
            return self._null(field, inverted)
        else:
            return self._comparison(field, token, allowed, inverted)
        return Not(inner=found) if inverted else found

    @staticmethod
    def _null(field: Field, inverted: bool) -> Filter:
        present = Presence(field=field)
        return Not(inner=present) if inverted else present

    def _membership(self, field: Field, token: Token, allowed: tuple[str, ...]) -> Filter:
        if "in" not in allowed:
            raise FilterError(token.start, len(token.text), _no_operator(field, "in"), allowed)
        if not self._take("("):
            raise self._unexpected(("(",))
        found = [self._value(field, "=")]
        while self._take(","):
            found.append(self._value(field, "="))
            if len(found) > MOST_VALUES:
                message = f"it has more than {MOST_VALUES} values between its parentheses"
                raise FilterError(self.here.start, self._length(), message, (")",))
        if not self._take(")"):
            raise self._unexpected((",", ")"))
        return Membership(field=field, values=tuple(found))

    def _comparison(
        self, field: Field, token: Token, allowed: tuple[str, ...], inverted: bool
    ) -> Filter:
        op = SAME.get(self.here.text.lower(), self.here.text.lower())
        if inverted or self.here.kind in {"text", "end", "hole", "field"} or op in {"(", ")", ","}:
            raise self._unexpected(("in", "exists") if inverted else allowed)
        if op not in allowed:
            known = op in {*EQUAL, *ORDERED, *TEXTUAL}
            if not known:
                raise self._unexpected(allowed)
            raise FilterError(token.start, len(token.text), _no_operator(field, op), allowed)
        self._next()
        return Comparison(field=field, op=op, value=self._value(field, op))

    def _value(self, field: Field, op: str) -> Value:
        token, self.asked = self.here, field
        if token.kind not in {"word", "text"} or token.word in {"and", "or"}:
            raise self._unexpected((values.meant(field),))
        self._next()
        ago = token.kind == "word" and self._take("ago")
        found = values.value_of(field, op, token, ago=ago)
        if found is None:
            message = f"{_shown(token)} is not {values.meant(field)}"
            raise FilterError(token.start, token.end - token.start, message, (values.meant(field),))
        self.asked = None
        return found

    def _length(self) -> int:
        return self.here.end - self.here.start

    def _unexpected(self, expected: tuple[str, ...]) -> FilterError:
        token = self.here
        what = "the filter ends" if token.kind in {"end", "hole"} else f"{_shown(token)} stands"
        message = f"{what} where {_listed(expected)} should be"
        return FilterError(token.start, self._length(), message, expected)


def _shown(token: Token) -> str:
    text = f"{token.text}.{token.name}" if token.kind == "field" else token.text
    return repr(text if len(text) <= 40 else f"{text[:37]}...")


def _listed(expected: tuple[str, ...]) -> str:
    head, last = ", ".join(expected[:-1]), expected[-1]
    return f"{head} or {last}" if head else last


def _no_operator(field: Field, op: str) -> str:
    return f"{field.written[:80]} can't be compared by {op}"


def _no_field(token: Token) -> FilterError:
    name = token.text if token.kind == "word" else token.name
    where = f"metrics.{name[:40]}, params.{name[:40]} or tags.{name[:40]}"
    message = f"there is no field {_shown(token)}; is it {where}?"
    return FilterError(token.start, token.end - token.start, message, FIELDS)
