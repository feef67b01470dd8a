"""The door of every route: who calls, may they, and was this request already answered."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from typing import Any, NoReturn, Protocol
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from octavo.records.workspaces import PERSON
from octavo_server.audit.service import AuditService, IdempotencyClaim, current_claim
from octavo_server.database.rows import Database
from octavo_server.database.tables.audit import idempotency_keys
from octavo_server.errors import Conflict, Forbidden, Invalid, NotFound, OctavoError
from octavo_server.identity import HUB, Caller, CallerKind, Identity
from octavo_server.permissions import PERMISSIONS, refusal_of

KEY_HEADER = "idempotency-key"
PERSON_HEADER = "octavo-person"
GROUPS_HEADER = "octavo-groups"
LONGEST_KEY = 200
_SUSPICIOUS = re.compile(rb"NaN|Infinity|\\u[dD][89a-fA-F]|\\u0000")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class RoleBook(Protocol):
    """Tells which roles a caller holds."""

    def project_roles(self, caller: Caller, project: str) -> frozenset[str]:
        """Return the caller's roles in ``project``; none when it doesn't exist."""

    def platform_roles(self, caller: Caller) -> frozenset[str]:
        """Return the caller's roles on the platform."""


class Replay(Exception):
    """Not a failure: the request was answered before, and this is that answer."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__("replayed")
        self.status = status
        self.body = body


class Impersonation(Forbidden):
    """Somebody else than the hub named a person to speak for: kept even of a mere look."""


class Guard:
    """Makes the dependency that every handler declares: ``caller = guard.needs(verb)``."""

    def __init__(
        self, identity: Identity, roles: RoleBook, database: Database, audit: AuditService
    ) -> None:
        self._identity = identity
        self._roles = roles
        self._database = database
        self._audit = audit

    def needs(self, verb: str) -> Any:
        """Return a dependency giving the caller, once they are known to hold ``verb``.

        Raises KeyError at start-up for a verb that :data:`PERMISSIONS` doesn't list.
        """
        permission = PERMISSIONS[verb]

        async def admitted(request: Request) -> Caller:
            caller = await run_in_threadpool(self._admit, request, verb)
            await refuse_no_text(request)
            await self._answer_again(request, caller)
            return caller

        admitted.__dict__["verb"] = verb
        admitted.__dict__["permission"] = permission
        return Depends(admitted)

    def authenticate(self, authorization: str | None, request_id: str | None = None) -> Caller:
        """Return who holds the Authorization header's token. Raises Unauthenticated."""
        scheme, _, token = (authorization or "").partition(" ")
        known = scheme.lower() in {"bearer", "token"}
        return replace(self._identity.of(token.strip() if known else None), request_id=request_id)

    def _admit(self, request: Request, verb: str) -> Caller:
        caller = self.authenticate(
            request.headers.get("authorization"), getattr(request.state, "request_id", None)
        )
        request.state.knock = (caller, verb)
        caller = spoken_for(
            caller, request.headers.get(PERSON_HEADER), request.headers.get(GROUPS_HEADER)
        )
        request.state.knock = (caller, verb)
        return self.admit(caller, verb, request.path_params.get("project"))

    def admit(self, caller: Caller, verb: str, project: str | None) -> Caller:
        """Return the caller with their roles. Raises NotFound or Forbidden."""
        permission = PERMISSIONS[verb]
        if permission.platform or project is None:
            roles, project = self._roles.platform_roles(caller), caller.project
        else:
            roles = self._roles.project_roles(caller, project)
            if not roles:
                raise NotFound(
                    f"There is no project {project[:100]!r} that you belong to.",
                    "Check the name, or ask the project's admin to add you.",
                )
        if not roles & permission.roles:
            raise Forbidden(
                refusal_of(verb),
                "Ask the project's admin for that role, or a person who has it to do it.",
            )
        return caller.within(project, roles)

    async def _answer_again(self, request: Request, caller: Caller) -> None:
        key = request.headers.get(KEY_HEADER)
        if key is None or request.method in SAFE:
            current_claim.set(None)
            return
        if not key.isprintable() or not 0 < len(key) <= LONGEST_KEY:
            raise Invalid(
                f"Idempotency-Key has {len(key)} characters; 1 to {LONGEST_KEY} printable ones "
                "are allowed.",
                "Send a fresh UUID.",
            )
        digest = hashlib.sha256(
            f"{request.method} {request.url.path}?{request.url.query}\n".encode()
            + await request.body()
        ).hexdigest()
        await run_in_threadpool(self._find_answer, caller.name, key, digest)
        claim = IdempotencyClaim(caller=caller.name, key=key, request_sha256=digest)
        current_claim.set(claim)
        request.state.claim = claim

    def _find_answer(self, caller: str, key: str, digest: str) -> None:
        with self._database.read() as rows:
            kept = rows.get(idempotency_keys, caller=caller, key=key)
        if kept is None:
            return
        if kept["request_sha256"] != digest:
            raise Conflict(
                f"The idempotency key {key!r} was used before with a different request.",
                "Send a new key with a new request.",
            )
        if kept["status"] is None:
            raise Conflict(
                f"The request with the idempotency key {key!r} was carried out, "
                "but its answer is not known yet.",
                "Read what it changed instead of sending it again.",
            )
        raise Replay(kept["status"], kept["body"])

    def keep_refusal(self, request: Request, refusal: OctavoError) -> None:
        """Write to the audit trail that somebody known was refused a change."""
        caller, verb = request.state.knock
        current_claim.set(None)
        project = request.path_params.get("project")
        subject = f"request:{request.method} {request.url.path}"[:500]
        with self._audit.change(caller, f"{verb}.refused", subject, project) as change:
            change.note(error=refusal.code, message=refusal.message)

    def keep_answer(self, claim: IdempotencyClaim, status: int, body: bytes) -> None:
        """Remember the answer of a request that claimed its key."""
        values = {"status": status, "body": json.loads(body) if body else None}
        with self._database.write() as rows:
            rows.update(
                idempotency_keys, values, ("caller", "=", claim.caller), ("key", "=", claim.key)
            )


class GovernedRoute(APIRoute):
    """A route that remembers its answer under the idempotency key, and whom it refused."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wrap the route's handler."""
        inner: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def handle(request: Request) -> Response:
            try:
                response = await inner(request)
            except OctavoError as refusal:
                looked = request.method in SAFE and not isinstance(refusal, Impersonation)
                if refusal.on_trail and not looked:
                    await run_in_threadpool(request.app.state.guard.keep_refusal, request, refusal)
                raise
            claim = getattr(request.state, "claim", None)
            if claim is not None and claim.claimed and _keepable(response):
                guard: Guard = request.app.state.guard
                body = bytes(response.body)
                await run_in_threadpool(guard.keep_answer, claim, response.status_code, body)
            return response

        return handle


def _keepable(response: Response) -> bool:
    """Return whether an answer may be kept: not a failed one, and none that holds a secret.

    What may not be stored is marked as for caches; its request, sent again, is told so.
    """
    return response.status_code < 400 and response.headers.get("cache-control") != "no-store"


def spoken_for(hub: Caller, person: str | None, groups: str | None) -> Caller:
    """Return the signed-in person that the hub speaks for; without a person the caller itself.

    The hub's own pages ask in the name of who is signed in there. ``groups`` is a JSON list.
    Raises Impersonation for anybody but the hub, and Invalid for headers out of shape.
    """
    if person is None and groups is None:
        return hub
    if hub.kind is not CallerKind.SERVICE or hub.name != HUB:
        raise Impersonation(
            f"Only the hub may speak for a person, not {hub.name}.",
            f"Leave out the header {PERSON_HEADER}.",
        )
    named = _names(groups or "[]")
    if named is None or not re.fullmatch(PERSON, person or ""):
        raise Invalid(
            f"{PERSON_HEADER} is {person!r:.100} and {GROUPS_HEADER} is {groups!r:.100}.",
            "Send a person's name, and their groups as a JSON list of names.",
        )
    return Caller(
        name=person or "",
        kind=CallerKind.PERSON,
        groups=frozenset(named),
        request_id=hub.request_id,
    )


def _names(listed: str) -> list[str] | None:
    """Return a JSON list of names; None for anything else, and for what is no text."""
    try:
        named = json.loads(listed)
        json.dumps(named, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return None
    whole = isinstance(named, list) and all(isinstance(one, str) for one in named)
    return named if whole else None


def area_router(*tags: str) -> APIRouter:
    """Return a router whose routes honour idempotency keys."""
    return APIRouter(route_class=GovernedRoute, tags=list(tags))


async def refuse_no_text(request: Request) -> None:
    """Raise Invalid for a request whose address or body holds what is no text or no JSON."""
    _refuse_null(request)
    _refuse_what_json_is_not(await request.body(), request.headers.get("content-type", ""))


def _refuse_null(request: Request) -> None:
    """Raise Invalid for a null character in the address, which no database takes."""
    if "\0" in request.url.path or "\0" in unquote(request.url.query):
        raise Invalid("The address holds a null character, which is no text.", "Remove it.")


def _refuse_what_json_is_not(body: bytes, content_type: str) -> None:
    """Raise Invalid for NaN, Infinity, half and null characters, which Python lets in.

    Python reads UTF-16 and UTF-32 too, in which none of them would be seen.
    """
    if "json" not in content_type.lower():
        return
    if (written := json.detect_encoding(body)) not in {"utf-8", "utf-8-sig"}:
        raise Invalid(f"The body is written in {written}; JSON is UTF-8.", "Send it as UTF-8.")
    if not _SUSPICIOUS.search(body):
        return

    def refuse(constant: str) -> NoReturn:
        raise Invalid(
            f"The body holds {constant}, which is not JSON.", "Send null or a finite number."
        )

    document = json.loads(body, parse_constant=refuse)
    text = json.dumps(document, ensure_ascii=False)
    if r"\u0000" in text:
        raise Invalid("The body holds a null character, which is no text.", "Remove it.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Invalid(
            "The body holds half of a surrogate pair, which is no text.", "Send whole characters."
        ) from error
