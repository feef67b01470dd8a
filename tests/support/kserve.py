"""A cluster with KServe in a thread, for scorers that run as pods.

- ``refused_by_kserve``: why KServe would refuse an object: its schema, and its webhook's rules for
  canaries
- ``KServeApi``: kmock's API with InferenceServices, Secrets and pods: server-side apply with
  managers and resource versions, label selectors, preconditions, the rules of a Role (403), 422 by
  KServe's schemas; ``refuse`` queues answers, ``hang`` answers never
- ``KServeCluster``: one that runs; ``pod`` puts a scorer's pod into a state
- ``running_kserve``: gives it, with a kubeconfig that leads to it
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

import attrs
import jsonschema
import kmock
import yaml
from aiohttp import web

from octavo_server.adapters.kserve_manifests import PART
from octavo_server.adapters.kserve_plans import OWN
from tests.support.cluster import kubeconfig

DATA = Path(__file__).parents[1] / "data" / "kserve"
NAMESPACE = "octavo-models"
KINDS = {"inferenceservices": "InferenceService", "secrets": "Secret", "pods": "Pod"}
AUTOSCALED = ("maxReplicas", "scaleTarget", "scaleMetric", "autoScaling")


def _closed(schema: Any) -> Any:
    """Refuse unknown fields, as the API does where a client asks for strict validation."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if "properties" in closed and "additionalProperties" not in closed:
        closed["additionalProperties"] = "x-kubernetes-preserve-unknown-fields" in closed
    return closed


def _schema(plural: str) -> Any:
    found = json.loads((DATA / f"{plural}.json").read_text())["schema"]
    found["properties"]["metadata"] = {"type": "object", "additionalProperties": True}
    return jsonschema.Draft7Validator(_closed(found))


VALIDATORS = {
    "InferenceService": _schema("inferenceservices"),
    "ClusterServingRuntime": _schema("clusterservingruntimes"),
}


def refused_by_kserve(body: Mapping[str, Any]) -> str | None:
    """Return what KServe has against an object; None when it takes it."""
    for error in VALIDATORS[body["kind"]].iter_errors(body):
        return f"{error.json_path}: {error.message[:300]}"
    if body["kind"] != "InferenceService":
        return None
    stable, canaries = body["spec"]["predictor"], body["spec"].get("canary", [])
    names = [one["predictor"]["name"] for one in canaries]
    if len({stable["name"], *names}) != 1 + len(names):
        return "a predictor's name is there twice"
    if sum(one["trafficPercent"] for one in canaries) > 100:
        return "sum of canary trafficPercent values must be <= 100"
    if "name" in stable["model"]:
        return "the 'name' field is not allowed in standard predictor"
    for one in canaries:
        if found := [key for key in AUTOSCALED if key in one["predictor"]]:
            return f"canary must not set {found}"
        if one["predictor"]["minReplicas"] > stable["minReplicas"]:
            return "canary minReplicas must not exceed stable predictor minReplicas"
    services = [f"{body['metadata']['name']}-{name}-predictor" for name in [stable["name"], *names]]
    return next((f"{name} is longer than 63" for name in services if len(name) > 63), None)


@attrs.define(kw_only=True)
class KServeApi(kmock.KubernetesEmulator):
    """The API."""

    namespace: ClassVar[str] = NAMESPACE
    kinds: ClassVar[Mapping[str, str]] = KINDS
    rules: list[dict[str, Any]] | None = None
    stored: dict[tuple[str, str], dict[str, Any]] = attrs.field(factory=dict, init=False)
    asked: list[tuple[str, str]] = attrs.field(factory=list, init=False)
    refusals: list[tuple[str, str, int, dict[str, Any]]] = attrs.field(factory=list, init=False)
    managers: dict[str, str] = attrs.field(factory=dict, init=False)
    held: list[tuple[str, str]] = attrs.field(factory=list, init=False)
    version: int = attrs.field(default=100, init=False)

    async def _handle(self, request: kmock.Request) -> web.StreamResponse:
        asked = request.resource
        if asked is None or asked.plural not in self.kinds or request.namespace != self.namespace:
            return _answer(404, "", "the server could not find the requested resource")
        verb = _verb(request)
        self.asked.append((verb, asked.plural))
        if (verb, asked.plural) in self.held:
            await asyncio.sleep(60)
        for refusal in self.refusals:
            if refusal[:2] == (verb, asked.plural):
                self.refusals.remove(refusal)
                return web.json_response(refusal[3], status=refusal[2])
        if not self._allowed(verb, str(asked.group), asked.plural):
            return _answer(403, "Forbidden", f"{asked.plural} is forbidden: cannot {verb} it")
        work: Callable[[kmock.Request, str], web.Response] = getattr(self, f"_{verb}")
        return work(request, asked.plural)

    def _allowed(self, verb: str, group: str, plural: str) -> bool:
        return self.rules is None or any(
            verb in rule["verbs"] and plural in rule["resources"] and group in rule["apiGroups"]
            for rule in self.rules
        )

    def _list(self, request: kmock.Request, plural: str) -> web.Response:
        selector = request.params.get("labelSelector", "")
        wanted = dict(part.split("=", 1) for part in selector.split(",") if part)
        items = [
            body
            for (kind, _), body in self.stored.items()
            if kind == plural and wanted.items() <= (body["metadata"].get("labels") or {}).items()
        ]
        return web.json_response({"kind": "List", "metadata": {}, "items": items})

    def _get(self, request: kmock.Request, plural: str) -> web.Response:
        found = self.stored.get((plural, str(request.name)))
        return _missing(plural, request.name) if found is None else web.json_response(found)

    def _create(self, request: kmock.Request, plural: str) -> web.Response:
        body = json.loads(request.body)
        key = (plural, body["metadata"]["name"])
        if key in self.stored:
            return _answer(409, "AlreadyExists", f"{plural} {key[1]!r} already exists")
        return self._keep(key, body)

    def _delete(self, request: kmock.Request, plural: str) -> web.Response:
        key = (plural, str(request.name))
        if key not in self.stored:
            return _missing(plural, request.name)
        wanted = (json.loads(request.body or b"{}").get("preconditions") or {}).get("uid")
        if wanted not in (None, self.stored[key]["metadata"]["uid"]):
            return _answer(409, "Conflict", "the UID in the precondition does not match")
        metadata = self.stored[key]["metadata"]
        if metadata.get("finalizers"):
            metadata["deletionTimestamp"] = "2026-11-23T08:00:00Z"
            return web.json_response(self.stored[key])
        return web.json_response(self.stored.pop(key))

    def _patch(self, request: kmock.Request, plural: str) -> web.Response:
        assert request.headers["Content-Type"] == "application/apply-patch+yaml"
        assert request.params["fieldManager"] == "octavo"
        body, key = json.loads(request.body), (plural, str(request.name))
        present = self.stored.get(key)
        if why := refused_by_kserve(body):
            return _answer(422, "Invalid", f"InferenceService {key[1]!r} is invalid: {why}")
        given = body["metadata"].pop("resourceVersion", None)
        if given is not None and given != (present or {"metadata": {}})["metadata"].get(
            "resourceVersion"
        ):
            return _answer(409, "Conflict", "the object has been modified")
        if key[1] in self.managers and request.params.get("force") not in ("True", "true"):
            return _taken(self.managers[key[1]])
        self.managers.pop(key[1], None)
        if present is not None:
            kept = ("uid", "creationTimestamp", "generation", "finalizers", "deletionTimestamp")
            body["metadata"] |= {k: v for k, v in present["metadata"].items() if k in kept}
            body |= {"status": present["status"]} if "status" in present else {}
        return self._keep(key, body)

    def _keep(self, key: tuple[str, str], body: dict[str, Any]) -> web.Response:
        self.version += 1
        own = {"uid": str(uuid4()), "generation": 0}
        body["metadata"] = {**own, **body["metadata"], "namespace": self.namespace}
        body["metadata"]["generation"] += 1
        body["metadata"]["resourceVersion"] = str(self.version)
        self.stored[key] = body
        return web.json_response(body)


def _verb(request: kmock.Request) -> str:
    if request.method.value == "GET":
        return "get" if request.name else "list"
    return {"POST": "create", "PATCH": "patch", "DELETE": "delete"}[request.method.value]


def status(code: int, reason: str, message: str, **more: Any) -> dict[str, Any]:
    """Return a Status as the API writes it."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message, "reason": reason, "code": code, **more}  # fmt: skip


def _answer(code: int, reason: str, message: str) -> web.Response:
    if not reason:
        return web.Response(status=code, text="404 page not found\n")
    return web.json_response(status(code, reason, message), status=code)


def _missing(plural: str, name: str | None) -> web.Response:
    body = status(404, "NotFound", f"{plural} {name!r} not found", details={"name": name})
    return web.json_response(body, status=404)


def _taken(manager: str) -> web.Response:
    cause = {"reason": "FieldManagerConflict", "field": ".spec.predictor.minReplicas",
             "message": f'conflict with "{manager}"'}  # fmt: skip
    text = "Apply failed with 1 conflict"
    return web.json_response(status(409, "Conflict", text, details={"causes": [cause]}), status=409)


@dataclass
class KServeCluster:
    """A cluster that runs."""

    folder: Path
    rules: list[dict[str, Any]] | None = None
    url: str = ""
    api: Any = None
    kubeconfig: Path = field(default_factory=Path)
    kind: type[KServeApi] = KServeApi
    _loop: Any = None
    _done: Any = None

    def do(self, work: Callable[[], Any]) -> Any:
        """Do something where the API runs, and return its answer."""

        async def done() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(30)

    def services(self) -> list[dict[str, Any]]:
        """Return the InferenceServices."""
        return self.of("inferenceservices")

    def of(self, plural: str) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        found: list[dict[str, Any]] = self.do(
            lambda: [
                json.loads(json.dumps(one))
                for (k, _), one in self.api.stored.items()
                if k == plural
            ]
        )
        return found

    def service(self) -> dict[str, Any]:
        """Return the one InferenceService."""
        (found,) = self.services()
        return found

    def refuse(self, verb: str, plural: str, code: int, reason: str, message: str = "no") -> None:
        """Let the API refuse the next request of a kind."""
        self.do(
            lambda: self.api.refusals.append((verb, plural, code, status(code, reason, message)))
        )

    def edit(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the one InferenceService, as somebody else would."""

        def changed() -> None:
            (body,) = [one for (k, _), one in self.api.stored.items() if k == "inferenceservices"]
            change(body)
            self.api.version += 1
            body["metadata"]["resourceVersion"] = str(self.api.version)

        self.do(changed)

    def pod(
        self, scorer: str, phase: str = "ready", container: Mapping[str, Any] | None = None
    ) -> None:
        """Let a scorer have a pod that is ``ready``, ``loading``, ``unplaced`` or ``ended``."""
        members = [
            predictor
            for service in self.services()
            for predictor in [
                service["spec"]["predictor"],
                *(one["predictor"] for one in service["spec"].get("canary", [])),
            ]
        ]
        (labels,) = [m["labels"] for m in members if m["labels"][f"{OWN}scorer"] == scorer]
        name = f"pod-{scorer}"
        conditions = [{"type": "Ready", "status": "True" if phase == "ready" else "False"}]
        if phase == "unplaced":
            text = "0/3 nodes are available: 3 Insufficient cpu."
            conditions = [{"type": "PodScheduled", "status": "False", "message": text}]
        body = {
            "kind": "Pod",
            "metadata": {"name": name, "labels": {**PART, **labels}},
            "status": {"conditions": conditions, "containerStatuses": [
                {"name": "kserve-container", **(container or {})}]},
        }  # fmt: skip
        self.do(lambda: self.api.stored.update({("pods", name): body}))

    async def serve(self, ready: threading.Event) -> None:
        """Serve the API until told to stop."""
        self._loop, self._done = asyncio.get_running_loop(), asyncio.Event()
        self.api = self.kind(rules=self.rules)
        async with self.api, kmock.Server(self.api) as server:
            self.url = str(server.url).rstrip("/")
            self.kubeconfig = self.folder / "kubeconfig"
            self.kubeconfig.write_text(yaml.safe_dump(kubeconfig(self.url)))
            ready.set()
            await self._done.wait()


@contextmanager
def running_kserve(
    folder: Path, rules: list[dict[str, Any]] | None = None
) -> Iterator[KServeCluster]:
    """Give a cluster with KServe; ``rules`` are those of the Role of who asks."""
    with running(KServeCluster(folder, rules)) as cluster:
        yield cluster


@contextmanager
def running(cluster: KServeCluster) -> Iterator[KServeCluster]:
    """Run a cluster in a thread until the block ends."""
    ready = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(cluster.serve(ready)), daemon=True)
    thread.start()
    assert ready.wait(timeout=30)
    try:
        yield cluster
    finally:
        cluster.do(cluster._done.set)
        thread.join(30)
