"""A cluster's API on a port of this machine, strict where the real one is.

- ``Cluster``: kmock's API server with what it leaves out: uids, resource versions, label and field
  selectors, watches from a version, 410 for old ones, preconditions, validation by the real schemas
  (422), and the rules of a Role (403)
- ``Cluster.refuse``: the next request of a kind gets an answer of yours
- ``Cluster.lose``: the next request is done, but its answer is lost
- ``Cluster.forget``: forgets old versions, as etcd does when it compacts
- ``Cluster.place``, ``run``, ``end``, ``say``, ``remove``: what scheduler and kubelet do
- ``running_cluster``: a cluster with a kubeconfig that leads to it
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import attrs
import kmock
import kubernetes_validate
import yaml
from aiohttp import web

VERSION = "1.34"
NAMESPACE = "octavo-workspaces"
NODE = "node-1"
RESOURCES = {
    "pods": ("v1", "Pod"),
    "events": ("v1", "Event"),
    "persistentvolumeclaims": ("v1", "PersistentVolumeClaim"),
}
VERBS = {"create": "create", "delete": "delete", "fetch": "get", "list": "list",
         "watch": "watch", "update": "patch"}  # fmt: skip


def pods() -> kmock.resource:
    return kmock.resource("", "v1", "pods")


@attrs.define(kw_only=True)
class Cluster(kmock.KubernetesEmulator):
    """One namespace of a cluster."""

    rules: list[dict[str, Any]] | None = None
    """Rules of a Role that each request must be covered by; None: everything is allowed."""
    version: int = attrs.field(default=1000, init=False)
    oldest: int = attrs.field(default=0, init=False)
    changes: list[tuple[int, str, dict[str, Any]]] = attrs.field(factory=list, init=False)
    asked: list[tuple[str, str, str]] = attrs.field(factory=list, init=False)
    bodies: list[tuple[str, Any]] = attrs.field(factory=list, init=False)
    refusals: list[tuple[str, str, web.Response | Exception]] = attrs.field(
        factory=list, init=False
    )
    lost: list[tuple[str, str]] = attrs.field(factory=list, init=False)
    busy: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False)
    changed: asyncio.Condition = attrs.field(factory=asyncio.Condition, init=False)

    # ---- what a test does

    def refuse(
        self, action: str, plural: str, status: int, reason: str, message: str, times: int = 1
    ) -> None:
        """Answer the next requests of a kind with a Status."""
        for _ in range(times):
            body = _status(status, reason, message)
            self.refusals.append((action, plural, web.json_response(body, status=status)))

    def lose(self, action: str, plural: str) -> None:
        """Do what the next request of a kind asks for, but let its answer get lost."""
        self.lost.append((action, plural))

    def forget(self) -> None:
        """Forget all versions but the present one."""
        self.oldest = self.version
        self.changes.clear()

    def pod(self, name: str = "jupyter-ada") -> dict[str, Any] | None:
        """Return a pod as it is stored."""
        found = self._stored((pods(), NAMESPACE, name))
        return None if found is None else copy.deepcopy(found.raw)

    async def wait_for(self, check: Any, limit_s: float = 10.0) -> Any:
        """Wait until ``check()`` gives something, and return it."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + limit_s
        while not (found := check()):
            assert clock() < deadline, f"not within {limit_s} s"
            await asyncio.sleep(0.02)
        return found

    async def say(
        self, reason: str, message: str, *, kind: str = "Warning", name: str = "jupyter-ada",
        about: str = "Pod",
    ) -> None:  # fmt: skip
        """Write an event about an object."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        uid = (self.pod(name) or {"metadata": {"uid": ""}})["metadata"]["uid"]
        event = {
            "apiVersion": "v1", "kind": "Event", "type": kind, "reason": reason,
            "message": message, "count": 1, "eventTime": None,
            "firstTimestamp": now, "lastTimestamp": now,
            "involvedObject": {"kind": about, "namespace": NAMESPACE, "name": name,
                               **({"uid": uid} if about == "Pod" else {})},
            "metadata": {"name": f"{name}.{uuid4().hex[:16]}", "namespace": NAMESPACE},
            "source": {"component": "test"}, "reportingComponent": "test",
            "reportingInstance": "",
        }  # fmt: skip
        await self._add("events", event)

    async def place(self, name: str = "jupyter-ada") -> None:
        """Give a pod a node."""
        await self.patch(name, {"spec": {"nodeName": NODE}})
        await self.say("Scheduled", f"Successfully assigned to {NODE}", kind="Normal", name=name)

    async def run(self, name: str = "jupyter-ada", ip: str = "127.0.0.1") -> None:
        """Let a pod's container run and be ready."""
        await self.place(name)
        for reason in ("Pulling", "Pulled", "Created", "Started"):
            await self.say(reason, reason.lower(), kind="Normal", name=name)
        state = {"running": {"startedAt": "2026-11-23T08:00:00Z"}}
        containers = [_container(state, ready=True)]
        status = {"phase": "Running", "podIP": ip, "containerStatuses": containers}
        await self.patch(name, {"status": status})

    async def end(
        self, name: str = "jupyter-ada", *, code: int, reason: str, message: str = ""
    ) -> None:
        """Let a pod's container end."""
        phase = "Succeeded" if code == 0 else "Failed"
        state = {"terminated": {"exitCode": code, "reason": reason, "message": message,
                                "finishedAt": "2026-11-23T09:00:00Z"}}  # fmt: skip
        await self.patch(
            name,
            {"status": {"phase": phase, "containerStatuses": [_container(state, ready=False)]}},
        )

    async def patch(self, name: str, changes: Mapping[str, Any]) -> None:
        """Change a pod."""
        stored = self.objects[pods(), NAMESPACE, name]
        stored.patch(changes)
        await self._note("pods", "MODIFIED", stored.raw)

    async def remove(self, name: str = "jupyter-ada") -> None:
        """Delete a pod, as somebody else would."""
        stored = self.objects[pods(), NAMESPACE, name]
        last = stored.raw
        stored.delete()
        await self._note("pods", "DELETED", last)

    def _stored(self, key: Any) -> Any:
        """Return what is stored under a key; None when nothing is, or no longer."""
        if key not in self.objects or self.objects[key].deleted:
            return None
        return self.objects[key]

    async def _add(self, plural: str, body: dict[str, Any]) -> None:
        _stamp(body)
        key = (kmock.resource("", "v1", plural), NAMESPACE, body["metadata"]["name"])
        self.objects[key] = body
        await self._note(plural, "ADDED", body)

    async def _note(self, plural: str, kind: str, body: Mapping[str, Any]) -> None:
        """Give a changed object the next version, and tell those who watch."""
        async with self.changed:
            self.version += 1
            body["metadata"]["resourceVersion"] = str(self.version)
            event = {"type": kind, "object": copy.deepcopy(dict(body))}
            self.changes.append((self.version, plural, event))
            self.changed.notify_all()

    # ---- what the API does

    async def _handle(self, request: kmock.Request) -> web.StreamResponse:
        asked = request.resource
        if asked is None or asked.group != "" or asked.plural not in RESOURCES:
            return await super()._handle(request)
        plural = request.resource.plural
        watches = request.params.get("watch") in ("True", "true", "1")  # as the real API reads it
        action = "watch" if watches else request.action.value.lower() if request.action else ""
        self.asked.append((VERBS.get(action, action), plural, request.name or ""))
        refused = self._refused(action, plural) or self._forbidden(action, plural)
        if refused is not None:
            return refused
        if watches:
            return await self._stream(request)
        async with self.busy:
            return await self._do(request, action, plural)

    async def _do(self, request: kmock.Request, action: str, plural: str) -> web.StreamResponse:
        before = self._before(request, action, plural)
        if isinstance(before, web.Response):
            return before
        answer = await super()._handle(request)
        if action == "create" and answer.status < 300:
            name = request.data["metadata"]["name"]
            stored = self._stored((request.resource, request.namespace, name))
            await self._note(plural, "ADDED", stored.raw)
        if action == "delete" and answer.status < 300 and before is not None:
            await self._note(plural, "DELETED", before)
        if (action, plural) in self.lost:
            self.lost.remove((action, plural))
            return web.json_response(_status(504, "Timeout", "request timed out"), status=504)
        return answer

    def _refused(self, action: str, plural: str) -> web.StreamResponse | None:
        for index, (wanted, kind, answer) in enumerate(self.refusals):
            if (wanted, kind) == (action, plural):
                del self.refusals[index]
                if isinstance(answer, Exception):
                    raise answer
                return answer
        return None

    def _forbidden(self, action: str, plural: str) -> web.StreamResponse | None:
        verb = VERBS.get(action, action)
        if self.rules is None or any(
            "" in rule["apiGroups"] and plural in rule["resources"] and verb in rule["verbs"]
            for rule in self.rules
        ):
            return None
        text = (
            f'{plural} is forbidden: User "system:serviceaccount:octavo:hub" cannot {verb} '
            f'resource "{plural}" in API group "" in the namespace "{NAMESPACE}"'
        )
        return web.json_response(_status(403, "Forbidden", text), status=403)

    def _before(
        self, request: kmock.Request, action: str, plural: str
    ) -> web.StreamResponse | dict[str, Any] | None:
        """Do to a request what the API server does before it stores anything."""
        if action == "create":
            return self._admit(request, plural)
        key = (request.resource, request.namespace, request.name)
        stored = self._stored(key) if request.name else None
        if action == "delete" and stored is not None:
            wanted = ((request.data or {}).get("preconditions") or {}).get("uid")
            found = stored.raw["metadata"]["uid"]
            if wanted and wanted != found:
                text = f"the UID in the precondition ({wanted}) does not match ({found})"
                return web.json_response(_status(409, "Conflict", text), status=409)
            return dict(stored.raw)
        return None

    def _admit(self, request: kmock.Request, plural: str) -> web.StreamResponse | None:
        name = request.data["metadata"]["name"]
        self.bodies.append((plural, copy.deepcopy(request.data)))
        if self._stored((request.resource, request.namespace, name)) is not None:
            text = f'{plural} "{name}" already exists'
            return web.json_response(_status(409, "AlreadyExists", text), status=409)
        version, kind = RESOURCES[plural]
        try:
            given = {"apiVersion": version, "kind": kind, **request.data}
            kubernetes_validate.validate(given, VERSION, strict=True)
        except kubernetes_validate.ValidationError as error:
            text = f'{kind} "{name}" is invalid: {error.message}'
            return web.json_response(_status(422, "Invalid", text), status=422)
        request.data.update(given)
        _stamp(request.data)
        request.data["metadata"]["namespace"] = request.namespace
        if plural == "pods":
            request.data["status"] = {"phase": "Pending"}
        return None

    async def _serve_list(self, request: kmock.Request) -> kmock.Payload:
        if request.resource.group != "":
            raise kmock.KubernetesResourceNotFoundError
        version, kind = RESOURCES[request.resource.plural]
        return {
            "apiVersion": version,
            "kind": f"{kind}List",
            "metadata": {"resourceVersion": str(self.version)},
            "items": [dict(one) for one in self._found(request)],
        }

    def _found(self, request: kmock.Request) -> Iterable[Mapping[str, Any]]:
        for (resource, namespace, _), stored in self.objects.items():
            if (
                resource == request.resource
                and request.namespace in (None, namespace)
                and not stored.deleted
                and _selected(request.params, stored.raw)
            ):
                yield stored.raw

    async def _stream(self, request: kmock.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request._raw_request)
        with contextlib.suppress(ConnectionError):
            async for event in self._events(request):
                await response.write(json.dumps(event).encode() + b"\n")
            await response.write_eof()
        return response

    async def _events(self, request: kmock.Request) -> AsyncIterator[dict[str, Any]]:
        since = int(request.params.get("resourceVersion") or self.version)
        if since < self.oldest:
            text = f"too old resource version: {since} ({self.oldest})"
            yield {"type": "ERROR", "object": _status(410, "Expired", text)}
            return
        clock = asyncio.get_running_loop().time
        deadline = clock() + float(request.params.get("timeoutSeconds") or 60)
        told = since
        while (left := deadline - clock()) > 0:
            for version, plural, event in list(self.changes):
                if version <= told:
                    continue
                told = version
                mine = plural == request.resource.plural
                if mine and _selected(request.params, event["object"]):
                    yield event
            async with self.changed:
                if not any(version > told for version, *_ in self.changes):
                    await _wait(self.changed, left)


async def _wait(changed: asyncio.Condition, limit_s: float) -> None:
    try:
        async with asyncio.timeout(limit_s):
            await changed.wait()
    except TimeoutError:
        return


def _container(state: Mapping[str, Any], *, ready: bool) -> dict[str, Any]:
    return {"name": "notebook", "state": dict(state), "lastState": {}, "ready": ready,
            "restartCount": 0, "image": "", "imageID": ""}  # fmt: skip


def _stamp(body: dict[str, Any]) -> None:
    body["metadata"] |= {
        "uid": str(uuid4()),
        "creationTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _selected(params: Mapping[str, str], body: Mapping[str, Any]) -> bool:
    labels = body["metadata"].get("labels") or {}
    wanted = dict(part.split("=", 1) for part in params.get("labelSelector", "").split(",") if part)
    fields = dict(part.split("=", 1) for part in params.get("fieldSelector", "").split(",") if part)
    return all(labels.get(key) == value for key, value in wanted.items()) and all(
        _at(body, path) == value for path, value in fields.items()
    )


def _at(body: Mapping[str, Any], path: str) -> Any:
    here: Any = body
    for key in path.split("."):
        here = (here or {}).get(key)
    return here


def _status(code: int, reason: str, message: str) -> dict[str, Any]:
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code}  # fmt: skip


def kubeconfig(url: str) -> dict[str, Any]:
    """Return a kubeconfig that leads to an address."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": {"server": url}}],
        "users": [{"name": "hub", "user": {"token": "the-hubs-own"}}],
        "contexts": [
            {"name": "test", "context": {"cluster": "test", "user": "hub", "namespace": NAMESPACE}}
        ],
    }


@asynccontextmanager
async def running_cluster(
    folder: Path, rules: list[dict[str, Any]] | None = None
) -> AsyncIterator[tuple[Cluster, str, Path]]:
    """Give a cluster, its address, and a kubeconfig for it."""
    async with Cluster(rules=rules) as cluster, kmock.Server(cluster) as server:
        for plural in RESOURCES:
            cluster.resources[kmock.resource("", "v1", plural)] = {"namespaced": True}
        url = str(server.url).rstrip("/")
        file = folder / "kubeconfig"
        file.write_text(yaml.safe_dump(kubeconfig(url)))
        yield cluster, url, file
