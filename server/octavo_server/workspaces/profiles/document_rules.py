"""Pure decisions about a document that has its form already: whether its fields go together.

Each check takes the document and yields faults; :func:`faults` runs them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from octavo import reserved
from octavo_server.workspaces.profiles.domain import MICRO
from octavo_server.workspaces.profiles.findings import Fault, Place, field_of, must_be, shown

Document = Mapping[str, Any]
DIGEST = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,400}@sha256:[0-9a-f]{64}")
SECRET = re.compile(r"(?i)(secret|password|passwd|token|api_?key|private_?key|credential)")
RESERVED_IDS = frozenset({"changes", "new"})
"""Addresses of the admin pages, which stand where profiles' own pages do."""
RESERVED_LABELS = ("octavo/", "octavo.dev/", "app.kubernetes.io/", "hub.jupyter.org/")
CONTROL_PLANE = "node-role.kubernetes.io/"
PRICE_DECIMALS = 4
"""Decimals that a price may have."""


def faults(document: Document, images: Iterable[str]) -> list[Fault]:
    """Return what doesn't go together; ``images`` are the patterns of allowed repositories."""
    patterns = tuple(images)
    found = [fault for check in _CHECKS for fault in check(document)]
    return [*found, *_images(document, patterns)]


def wrong_file(document: Document, file: str) -> Fault | None:
    """Return the fault that a file isn't called as its profile is."""
    stem = file.rpartition("/")[2].removesuffix(".yaml").removesuffix(".yml")
    name = document.get("id")
    return None if name == stem else must_be(("id",), name, f"the file's name, {stem}")


def wrong_redirect(document: Document, offered: Iterable[str]) -> Fault | None:
    """Return the fault that a retirement leads nowhere; ``offered`` are the profiles there are."""
    place: Place = ("retirement", "redirect_to")
    target = document.get("retirement", {}).get("redirect_to")
    names = sorted(set(offered) - {document["id"]})
    if target is None or target in names:
        return None
    if target == document["id"]:
        return must_be(place, target, "another profile")
    return must_be(place, target, f"a profile that is offered: {', '.join(names) or 'none is'}")


def unknown_groups(
    document: Document, declared: Iterable[str], known: Iterable[str] | None
) -> list[Fault]:
    """Return a fault for each audience that is no group; one remark when nobody could be asked.

    ``declared`` are the groups that hold a role here, ``known`` those of the Hub.
    """
    here = set(declared)
    named = [(at, name) for at, name in enumerate(document["audiences"]) if name not in here]
    if known is None:
        return [_unasked([name for _, name in named])]
    groups = here | set(known)
    limit = f"a group of the hub or of a project: {shown(', '.join(sorted(groups))) or 'none is'}"
    return [must_be(("audiences", at), name, limit) for at, name in named if name not in groups]


def _unasked(names: Iterable[str]) -> Fault:
    return Fault(
        place=("audiences",),
        value=shown(", ".join(names)),
        limit="groups of the hub",
        message="The hub was not asked whether these groups exist: it does not answer.",
        severity="warning",
    )


def _guarantees(document: Document) -> Iterator[Fault]:
    for name in ("cpu", "memory_gib"):
        pair = document["resources"][name]
        if pair["guarantee"] > pair["limit"]:
            place = ("resources", name, "guarantee")
            yield must_be(place, pair["guarantee"], f"at most the limit, {pair['limit']}")


def _rates(document: Document) -> Iterator[Fault]:
    before: date | None = None
    for position, rate in enumerate(document["prices"]):
        place = ("prices", position, "from")
        try:
            since = date.fromisoformat(rate["from"])
        except ValueError:
            yield must_be(place, rate["from"], "a day that there is, such as 2026-01-01")
            continue
        if before is not None and since <= before:
            yield must_be(place, rate["from"], f"later than {before}: the rate card ascends")
        before = since
        price = Decimal(str(rate["per_hour"])) * MICRO
        if price % (MICRO // 10**PRICE_DECIMALS):
            place = ("prices", position, "per_hour")
            yield must_be(
                place, rate["per_hour"], f"a price with at most {PRICE_DECIMALS} decimals"
            )


def _id(document: Document) -> Iterator[Fault]:
    if document["id"] in RESERVED_IDS:
        limit = f"another name: {' and '.join(sorted(RESERVED_IDS))} are pages of the hub"
        yield must_be(("id",), document["id"], limit)


def _idle(document: Document) -> Iterator[Fault]:
    idle, minutes = document["idle"], document["longest_hours"] * 60
    if "gpu_minutes" in idle and "gpu" not in document["resources"]:
        said = "idle.gpu_minutes goes only with resources.gpu; add a GPU or leave it out."
        yield Fault(
            place=("idle", "gpu_minutes"),
            value=shown(idle["gpu_minutes"]),
            limit="nothing without a GPU",
            message=said,
        )
    for name in ("minutes", "gpu_minutes", "extension_minutes"):
        if idle.get(name, 0) > minutes:
            limit = f"at most the longest life, {minutes:g} minutes"
            yield must_be(("idle", name), idle[name], limit)


def _tolerations(document: Document) -> Iterator[Fault]:
    for position, one in enumerate(document.get("placement", {}).get("tolerations", ())):
        place: Place = ("placement", "tolerations", position)
        equal = one.get("operator") == "Equal"
        if equal and "value" not in one:
            yield must_be((*place, "value"), None, "given with the operator Equal")
        if not equal and "value" in one:
            yield must_be((*place, "value"), one["value"], "left out without the operator Equal")
        if one["key"].startswith(CONTROL_PLANE):
            yield must_be((*place, "key"), one["key"], "no taint of the control plane")


def _labels(document: Document) -> Iterator[Fault]:
    for key in document.get("placement", {}).get("node_selector", {}):
        if key.startswith(CONTROL_PLANE):
            yield must_be(("placement", "node_selector", key), key, "no control-plane label")
    for key in document.get("labels", {}):
        if key.startswith(RESERVED_LABELS):
            yield must_be(("labels", key), key, "a label of your own: this one is the platform's")


def _volumes(document: Document) -> Iterator[Fault]:
    mounts: dict[str, str] = {}
    names: set[str] = set()
    for position, one in enumerate(document.get("volumes", ())):
        place: Place = ("volumes", position)
        if ("claim" in one) == ("size_gib" in one):
            said = f"{field_of(place)} must have either a claim or a size_gib."
            limit = "either claim or size_gib"
            yield Fault(place=place, value=shown(one["name"]), limit=limit, message=said)
        if one["name"] in names:
            yield must_be((*place, "name"), one["name"], "a name of its own")
        names.add(one["name"])
        yield from _mount((*place, "mount"), one["mount"], mounts)
        mounts[one["mount"]] = one["name"]


def _mount(place: Place, mount: str, others: Mapping[str, str]) -> Iterator[Fault]:
    if ".." in mount or reserved.is_reserved_folder(mount):
        limit = "a folder of its own such as /data/corpus, none of the system's or a home's"
        yield must_be(place, mount, limit)
    for other, name in others.items():
        if f"{mount}/".startswith(f"{other}/") or f"{other}/".startswith(f"{mount}/"):
            yield must_be(place, mount, f"outside of {other}, where {name} is mounted")


def _environment(document: Document) -> Iterator[Fault]:
    for name, value in document.get("environment", {}).items():
        place: Place = ("environment", name)
        if reserved.is_reserved_variable(name):
            said = f"environment.{name} is refused: the platform or the system decides with it."
            yield Fault(place=place, value=shown(value), limit="no reserved name", message=said)
        elif SECRET.search(name):
            said = f"environment.{name} looks like a secret; all who may use the profile read it."
            yield Fault(
                place=place,
                value="(not shown)",
                limit="no secrets",
                message=said,
                severity="warning",
            )


def _spot(document: Document) -> Iterator[Fault]:
    if document.get("capacity") == "spot" and "prod" in document["environments"]:
        said = "capacity is spot: runs in prod are lost when the node is taken away."
        yield Fault(
            place=("capacity",),
            value="spot",
            limit="on-demand for prod",
            message=said,
            severity="warning",
        )


def _images(document: Document, patterns: tuple[str, ...]) -> Iterator[Fault]:
    names: set[str] = set()
    for position, one in enumerate(document.get("images", ())):
        place: Place = ("images", position)
        if one["name"] in names:
            yield must_be((*place, "name"), one["name"], "a name of its own")
        names.add(one["name"])
        if not DIGEST.fullmatch(one["image"]):
            limit = "a repository and its digest: registry/name@sha256:<64 hex digits>"
            yield must_be((*place, "image"), one["image"], limit)
        elif not any(_allows(pattern, one["image"].partition("@")[0]) for pattern in patterns):
            allowed = f"in one of {', '.join(patterns)}" if patterns else "none: it names no image"
            yield must_be((*place, "image"), one["image"], f"allowed by OCTAVO_IMAGES ({allowed})")


def _allows(pattern: str, repository: str) -> bool:
    """Whether a repository matches; ``*`` stands for one part between slashes, ``**`` for more."""
    parts = re.split(r"(\*\*|\*)", pattern)
    signs = {"**": ".*", "*": "[^/]*"}
    return bool(re.fullmatch("".join(signs.get(one, re.escape(one)) for one in parts), repository))


_CHECKS: tuple[Callable[[Document], Iterator[Fault]], ...] = (
    _id, _guarantees, _rates, _idle, _tolerations, _labels, _volumes, _environment, _spot,
)  # fmt: skip
