"""What the relay lets through: methods and paths as data, and the headers of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

LARGEST_BODY_BYTES = 512 * 1024
"""The most that a page may send: a profile's longest document, escaped, and some more."""

PERSON_HEADER = "Octavo-Person"
GROUPS_HEADER = "Octavo-Groups"
REQUEST_HEADERS = ("Accept", "Content-Type", "Idempotency-Key", "X-Request-ID")
RESPONSE_HEADERS = (
    "Content-Type",
    "Content-Disposition",
    "Idempotent-Replay",
    "Retry-After",
    "X-Request-ID",
)

_PROFILE = r"[a-z0-9][a-z0-9-]{0,62}"
_PROJECT = r"[a-z][a-z0-9-]{1,62}"
_ID = r"[A-Za-z0-9_-]{1,64}"

ALLOWED: tuple[tuple[str, str], ...] = (
    ("GET", "me"),
    ("GET", "projects"),
    ("GET", rf"profiles/catalog(/{_PROFILE}(/users)?)?"),
    ("POST", "profiles/check"),
    ("GET POST", "profiles/changes"),
    ("GET PUT", rf"profiles/changes/{_ID}"),
    ("POST", rf"profiles/changes/{_ID}/(submit|withdraw|review)"),
    ("GET", rf"(projects/{_PROJECT}/)?cost(\.csv)?"),
    ("PUT", rf"projects/{_PROJECT}/budget"),
    ("GET PUT", rf"projects/{_PROJECT}/budget/rules"),
    ("GET PUT", "quotas"),
    ("DELETE", rf"quotas/{_ID}"),
    ("GET", "workspaces/mine"),
    ("GET", "workspaces/failures"),
)
"""Methods, and the whole path below the platform's API that they are let through to."""

_ALLOWED = tuple((methods.split(), re.compile(path)) for methods, path in ALLOWED)


class NotLetThrough(Exception):
    """The relay doesn't pass a request on; the texts are for people."""

    def __init__(self, status: int, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, kw_only=True)
class Speaker:
    """The signed-in person that the hub speaks for."""

    name: str
    """Hub user name."""
    groups: tuple[str, ...]
    """Their groups of now."""

    def headers(self) -> dict[str, str]:
        """Return the headers that tell the platform who asks."""
        return {PERSON_HEADER: self.name, GROUPS_HEADER: json.dumps(sorted(self.groups))}


def check_path(method: str, path: str) -> None:
    """Raise NotLetThrough unless the method and the decoded path are in :data:`ALLOWED`."""
    known = [methods for methods, pattern in _ALLOWED if pattern.fullmatch(path)]
    if not known:
        raise NotLetThrough(
            404,
            "not_found",
            f"The hub's pages have no address {path[:200]!r}.",
            "Use the platform's own API, with a token, for everything else.",
        )
    if not any(method in methods for methods in known):
        raise NotLetThrough(
            405,
            "method_not_allowed",
            f"{method} {path[:200]!r} is not let through; {' or '.join(known[0])} is.",
            "Reload the page; if it stays, tell your platform admin.",
        )


def check_origin(headers: Mapping[str, str], hosts: Collection[str], base_path: str) -> None:
    """Raise NotLetThrough for a request that another site, or another page of this one, made.

    ``hosts`` are the hub's own: the one that was asked, and the one that people open, where a proxy
    before the hub names another. A workspace may be served on the same host: only the hub's own
    pages, below ``base_path``, ask.
    """
    origin, referer = headers.get("Origin"), headers.get("Referer")
    site = headers.get("Sec-Fetch-Site", "none")
    foreign = (
        site not in {"same-origin", "none"}
        or (origin is not None and urlsplit(origin).netloc not in hosts)
        or (referer is not None and not _is_own(referer, hosts, base_path))
    )
    if foreign:
        raise NotLetThrough(
            403,
            "forbidden",
            f"The request came from {(origin or referer or site)[:200]!r}, not from this hub's "
            "own pages.",
            "Open the page from the hub's menu and try again there.",
        )


def _is_own(referer: str, hosts: Collection[str], base_path: str) -> bool:
    """Whether a page below the hub's path made the request, or only its origin is told."""
    parts = urlsplit(referer)
    inside = parts.path in {"", "/"} or parts.path.startswith(base_path)
    return parts.netloc in hosts and inside


def check_body(method: str, content_type: str, size: int) -> None:
    """Raise NotLetThrough for a body that is too large, or that a foreign form could send."""
    if size > LARGEST_BODY_BYTES:
        raise NotLetThrough(
            413,
            "too_large",
            f"The request has {size:,} bytes; at most {LARGEST_BODY_BYTES:,} are accepted.",
            "Send less.",
        )
    kind = content_type.partition(";")[0].strip().lower()
    if method in {"POST", "PUT"} and size and kind != "application/json":
        raise NotLetThrough(
            415,
            "invalid",
            f"The body's type is {content_type[:100]!r}; only application/json is accepted.",
            "Send JSON.",
        )


def address(path: str, query: str) -> str:
    """Return path and query as they are sent on, without the page's own XSRF token."""
    kept = [(name, value) for name, value in parse_qsl(query, True) if name != "_xsrf"]
    return quote(path, safe="/") + (f"?{urlencode(kept)}" if kept else "")


def passed_on(headers: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """Return those headers that travel."""
    return {name: headers[name] for name in names if name in headers}
