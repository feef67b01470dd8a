"""Pure decisions about declarations and their changes: usable names, who may, what is reached."""

from __future__ import annotations

import hashlib
import keyword
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import rfc8785

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.errors import Conflict, Forbidden, IllegalMove, Invalid
from octavo_server.features.catalog.domain import View
from octavo_server.features.publishing.differences import KINDS, alters, changes_values
from octavo_server.features.publishing.domain import (
    MOVES,
    Build,
    ChangeState,
    Cost,
    Difference,
    FeatureChange,
    Finding,
    Impact,
    Publication,
    Reader,
)
from octavo_server.permissions import PERMISSIONS

MICRO = 1_000_000

REVIEW = "features.review"
WHOLE_DAY_S = 86_400
SHOWN = 5
"""How many names a sentence lists."""
_RANK = {"error": 0, "warning": 1, "info": 2}


def digest_of(declaration: FeatureDeclaration, base: str | None) -> str:
    """Return what a review is bound to: the SHA-256 of the declaration and the state it changes."""
    said = {"base": base, "declaration": declaration.model_dump(mode="json")}
    return hashlib.sha256(rfc8785.dumps(said)).hexdigest()


def check_publishable(views: Sequence[View]) -> None:
    """Raise Invalid when a name would not be safe or usable as code."""
    for view in views:
        for name in (view.name, *view.columns, *view.join_keys, *view.entities, *view.services):
            if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
                raise Invalid(
                    f"{view.name[:80]!r}: {name[:80]!r} can't name a feature, view or entity.",
                    "Use letters, digits and underscores, not beginning with a digit.",
                )


def removed(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return the views that a publication takes away."""
    return sorted(set(before) - set(after))


# ---- what a declaration says by itself


def faults(declaration: FeatureDeclaration) -> list[Finding]:
    """Return what can't be in a declaration, whatever the lake holds."""
    found = [*_twins(declaration), *_keywords(declaration), *_times(declaration)]
    if not found:  # references make sense once names are unique
        found = [*_references(declaration), *_members(declaration)]
    return found


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings, errors first."""
    return tuple(sorted(findings, key=lambda one: _RANK[one.severity]))


def _error(where: str, message: str) -> Finding:
    return Finding(severity="error", where=where, message=message)


def _twins(declaration: FeatureDeclaration) -> Iterator[Finding]:
    for group, kind in KINDS.items():
        for name, count in Counter(one.name for one in getattr(declaration, group)).items():
            if count > 1:
                yield _error(f"{kind} {name}", f"It is declared {count} times; once is right.")
    # A reader asks for `name:column`, so a view and a transformation can't share a name.
    shared = {one.name for one in declaration.views} & {
        one.name for one in declaration.transformations
    }
    for name in sorted(shared):
        yield _error(f"transformation {name}", "A view has this name already; choose another one.")
    tables = {one.name for one in declaration.sources}
    for push in declaration.push_sources:
        if push.name in tables:
            yield _error(f"push_source {push.name}", "A table's source has this name already.")
    lists = [(f"view {one.name}", one.columns) for one in declaration.views]
    lists += [(f"transformation {one.name}", one.columns) for one in declaration.transformations]
    for where, columns in lists:
        for name, count in Counter(one.name for one in columns).items():
            if count > 1:
                yield _error(where, f"The column {name} is declared {count} times.")


def _keywords(declaration: FeatureDeclaration) -> Iterator[Finding]:
    for group, kind in KINDS.items():
        for one in getattr(declaration, group):
            names = [one.name, *[column.name for column in getattr(one, "columns", ())]]
            for name in names:
                if keyword.iskeyword(name) or "__" in name:
                    yield _error(
                        f"{kind} {one.name}",
                        f"{name} can't be a name: it is Python's own, or has two underscores.",
                    )


def _times(declaration: FeatureDeclaration) -> Iterator[Finding]:
    for view in declaration.views:
        ttl = view.ttl_seconds
        if ttl and ttl > WHOLE_DAY_S and ttl % WHOLE_DAY_S:
            yield _error(
                f"view {view.name}",
                f"Its TTL is {ttl} s: use less than a day or a whole number of days.",
            )


def _references(declaration: FeatureDeclaration) -> Iterator[Finding]:
    tables = {one.name for one in declaration.sources}
    behind = tables | {one.name for one in declaration.push_sources}
    entities = {one.name for one in declaration.entities}
    for push in declaration.push_sources:
        if push.table not in tables:
            yield _error(f"push_source {push.name}", f"Its table {push.table} is not declared.")
    for view in declaration.views:
        if view.source not in behind:
            yield _error(f"view {view.name}", f"Its source {view.source} is not declared.")
        for name in view.entities:
            if name not in entities:
                yield _error(f"view {view.name}", f"Its entity {name} is not declared.")


def _members(declaration: FeatureDeclaration) -> Iterator[Finding]:
    views = {one.name: {column.name for column in one.columns} for one in declaration.views}
    made = {
        one.name: {column.name for column in one.columns} for one in declaration.transformations
    }
    lists = [
        *[(f"service {one.name}", one.members, {**views, **made}) for one in declaration.services],
        *[(f"transformation {one.name}", one.inputs, views) for one in declaration.transformations],
    ]
    for where, members, known in lists:
        for member in members:
            if member.view not in known:
                yield _error(where, f"It reads {member.view}, which is not declared.")
                continue
            missing = sorted(set(member.columns) - known[member.view])
            if missing:
                listed = ", ".join(missing[:SHOWN])
                yield _error(
                    where, f"It reads {listed} of {member.view}, which has no such column."
                )


# ---- whom a change reaches


def impact(differences: Sequence[Difference], readers: Sequence[Reader]) -> tuple[Impact, ...]:
    """Return the readers that a change reaches; those that would break first."""
    found = [one for reader in readers if (one := _reached(reader, differences)) is not None]
    return tuple(sorted(found, key=lambda one: (not one.breaks, one.kind, one.name)))


def _reached(reader: Reader, differences: Sequence[Difference]) -> Impact | None:
    touching = [one for one in differences if changes_values(one) or one.breaks]
    breaking = [said for one in touching if one.breaks for said in _hits(reader, one)]
    touched = [said for one in touching for said in _hits(reader, one, broadly=True)]
    if not touched and not breaking:
        return None
    said = breaking or touched
    more = f", and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    through = f"{reader.through} reads " if reader.through else "it reads "
    return Impact(
        kind=reader.kind,
        name=reader.name,
        person=reader.person,
        breaks=bool(breaking),
        why=f"{through}{', '.join(said[:SHOWN])}{more}.",
    )


def _hits(reader: Reader, one: Difference, *, broadly: bool = False) -> list[str]:
    """Return what of a difference the reader names, in words."""
    if one.name in reader.names and (one.what == "removed" or _beyond_columns(one, broadly)):
        return [f"{one.name}, which is {one.what}"]
    columns = reader.columns
    found = []
    for part in one.fields:
        name = part.field.removeprefix("column ").rpartition(":")[2].partition(",")[0]
        if not part.field.startswith("column ") or not (part.breaks or broadly):
            continue
        if columns is not None and name in columns and part.before is not None:
            found.append(f"{name}, which is {'removed' if part.after is None else 'changed'}")
    return found


def _beyond_columns(one: Difference, broadly: bool) -> bool:
    """Say whether more of a thing changes than single columns, so that naming it is enough."""
    parts = [part for part in one.fields if part.breaks or (broadly and alters(part))]
    return any(not part.field.startswith("column ") for part in parts)


def with_columns(readers: Iterable[Reader], declaration: FeatureDeclaration | None) -> list[Reader]:
    """Return readers, each also with the columns of the services that it names."""
    services = {
        one.name: frozenset(column for member in one.members for column in member.columns)
        for one in (declaration.services if declaration else ())
    }
    found = []
    for reader in readers:
        more = frozenset[str]().union(*(services.get(name, frozenset()) for name in reader.names))
        columns = (reader.columns or frozenset()) | more
        found.append(
            Reader(
                kind=reader.kind,
                name=reader.name,
                person=reader.person,
                columns=columns,
                names=reader.names,
                through=reader.through,
            )
        )
    return found


# ---- what it costs


def cost(
    before: FeatureDeclaration | None,
    after: FeatureDeclaration,
    rows: Mapping[str, int],
    builds: Sequence[Build],
    eur_per_hour: float,
) -> Cost:
    """Return what loading the online store takes, by what earlier publications took."""
    views = tuple(sorted(_loaded(before, after)))
    total = sum(rows.get(name, 0) for name in views)
    measured = [one for one in builds if one.loaded_rows and one.load_seconds]
    if not views:
        return Cost(rows=0, views=(), seconds=0.0, eur=0.0, basis="No view is loaded anew.")
    if not measured or not rows:
        basis = "Nothing was measured in this project yet."
        if not rows:
            basis = "The tables are counted once the errors are corrected."
        return Cost(rows=total, views=views, seconds=None, eur=None, basis=basis)
    known = sum(one.loaded_rows for one in measured)
    taken = sum(one.load_seconds for one in measured)
    seconds = round(total * taken / known, 1)
    eur = round(seconds / 3600 * eur_per_hour, 4)
    when = f"{len(measured)} publications" if len(measured) > 1 else "publication"
    basis = f"{known} rows took {taken:.1f} s in the last {when}."
    return Cost(rows=total, views=views, seconds=seconds, eur=eur, basis=basis)


def loads(built: Publication, eur_per_hour: float) -> Iterator[tuple[str, float, int]]:
    """Give each loaded view with its share, by rows, of the seconds and of millionths of a euro."""
    for view, rows in built.loaded.items():
        share = rows / built.loaded_rows if built.loaded_rows else 1 / len(built.loaded)
        seconds = built.load_seconds * share
        yield view, seconds, round(seconds / 3600 * eur_per_hour * MICRO)


def _loaded(before: FeatureDeclaration | None, after: FeatureDeclaration) -> Iterator[str]:
    """Give the views whose values are loaded anew, as far as the declaration tells."""
    old = _shapes(before) if before is not None else {}
    for name, shape in _shapes(after).items():
        if old.get(name) != shape:
            yield name


def _shapes(declaration: FeatureDeclaration) -> dict[str, object]:
    keys = {one.name: (one.join_key, one.type) for one in declaration.entities}
    behind = {one.name: one.table for one in declaration.push_sources}
    tables = {
        one.name: (one.path, one.event_column, one.created_column) for one in declaration.sources
    }
    return {
        view.name: (
            [keys.get(name) for name in view.entities],
            sorted((one.name, one.dtype) for one in view.columns),
            tables.get(behind.get(view.source, view.source)),
        )
        for view in declaration.views
        if view.online
    }


# ---- who may do what to a change


def check_four_eyes(change: FeatureChange, reviewer: str) -> None:
    """Raise Forbidden when the author reviews their own change."""
    if change.author == reviewer:
        raise Forbidden(
            f"You proposed this change of the features; {reviewer} can't review it too.",
            "Ask a reviewer or another admin of the project.",
        )


def check_author(change: FeatureChange, name: str) -> None:
    """Raise Forbidden when somebody else than its author withdraws a change."""
    if change.author != name:
        raise Forbidden(
            f"{change.author} proposed this change of the features; {name} can't withdraw it.",
            "Reject it in a review, or ask its author.",
        )


def check_move(change: FeatureChange, to: ChangeState) -> None:
    """Raise IllegalMove unless the change may become ``to``."""
    if to not in MOVES[change.state]:
        raise IllegalMove(
            f"The change {change.id} is {change.state}; it can't become {to}.",
            "Propose a new change.",
        )


def check_stoppable(change: FeatureChange) -> None:
    """Raise IllegalMove once a change that is applied has become current."""
    if change.snapshot is not None:
        raise IllegalMove(
            f"The change {change.id} is current already, as snapshot {change.snapshot[:12]}.",
            "Propose a change that puts back what was there.",
        )


def check_seen(change: FeatureChange, digest: str) -> None:
    """Raise Invalid when the reviewer has seen something else."""
    if digest != change.digest:
        raise Invalid(
            f"digest: the change under review has {change.digest}, got {digest[:80]!r}.",
            "Reload the change and review what it says now.",
        )


def check_base(change_base: str | None, current: str | None) -> None:
    """Raise Conflict when another snapshot is current than the one that was changed."""
    if change_base != current:
        raise Conflict(
            f"The features were changed meanwhile: this was made from snapshot "
            f"{(change_base or 'none')[:12]}, and {(current or 'none')[:12]} is current.",
            "Plan again on what is current now, and propose that.",
        )


def check_proposable(findings: Iterable[Finding], *, same: bool) -> None:
    """Raise Invalid for errors in a declaration, Conflict when it changes nothing."""
    errors = [one for one in findings if one.severity == "error"]
    if errors:
        more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
        raise Invalid(
            f"declaration: {errors[0].where}: {errors[0].message}{more}",
            "Correct it; `octavo features plan` or the form's preview shows all findings.",
        )
    check_changes(same=same)


def check_changes(*, same: bool) -> None:
    """Raise Conflict for a declaration that changes nothing."""
    if same:
        raise Conflict(
            "The declaration says what the current snapshot says already.",
            "Change something in it first.",
        )


def why_not_review(change: FeatureChange, name: str, roles: Iterable[str]) -> str:
    """Say why somebody may not decide about the change; empty when they may."""
    if change.state is not ChangeState.PLANNED:
        return f"It is {change.state}."
    if not PERMISSIONS[REVIEW].roles & set(roles):
        return "Reviewing takes the role reviewer or admin in the project."
    return "You proposed it: another person has to decide." if change.author == name else ""
