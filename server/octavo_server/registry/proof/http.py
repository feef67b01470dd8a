"""Routes of proof: keys, proofs, bills of materials, bundles, the chain, lineage."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from octavo.records import proof as records
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.registry.proof import wire
from octavo_server.registry.proof.domain import BillKind
from octavo_server.registry.proof.service import ProofService

Number = Annotated[int, Path(ge=1, le=1_000_000)]
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", max_length=64)]
BILL_TYPE = "application/vnd.cyclonedx+json"
BUNDLE_TYPE = "application/zip"
VERSION = "/projects/{project}/models/{name}/versions/{version}"


def routes(proofs: ProofService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("registry")
    _signature_routes(router, proofs, guard)
    _document_routes(router, proofs, guard)
    _chain_routes(router, proofs, guard)
    _key_routes(router, proofs, guard)
    return router


def _signature_routes(router: APIRouter, proofs: ProofService, guard: Guard) -> None:
    @router.get(f"{VERSION}/proof")
    def read_proof(
        project: str, name: str, version: Number, caller: Caller = guard.needs("registry.verify")
    ) -> records.VersionProof:
        """Check the signatures and the chain of a version now; its bytes are not read."""
        return wire.proof(proofs.proof(project, name, version))

    @router.post(f"{VERSION}/sign")
    def sign_version(
        project: str,
        name: str,
        version: Number,
        body: records.SignRequest,
        caller: Caller = guard.needs("registry.sign"),
    ) -> records.VersionProof:
        """Sign a version again whose key was revoked, after a look at every byte."""
        return wire.proof(proofs.sign_anew(caller, project, name, version, body.reason))


def _document_routes(router: APIRouter, proofs: ProofService, guard: Guard) -> None:
    @router.get(
        f"{VERSION}/bom/{{kind}}",
        response_class=Response,
        responses={200: {"content": {BILL_TYPE: {}}}},
    )
    def read_bill(
        project: str,
        name: str,
        version: Number,
        kind: BillKind,
        caller: Caller = guard.needs("registry.read"),
    ) -> Response:
        """Read the bill of materials of a version's environment, or of the model itself."""
        return Response(proofs.bill(project, name, version, kind), media_type=BILL_TYPE)

    @router.get(
        f"{VERSION}/bundle",
        response_class=FileResponse,
        responses={200: {"content": {BUNDLE_TYPE: {}}}},
    )
    def read_bundle(
        project: str, name: str, version: Number, caller: Caller = guard.needs("registry.read")
    ) -> FileResponse:
        """Download a version with all that proves it, for `octavo verify` and OpenSSF's tool."""
        made = proofs.bundle(project, name, version)
        return FileResponse(
            made,
            media_type=BUNDLE_TYPE,
            filename=f"{project}.{name}-v{version}.zip",
            background=BackgroundTask(proofs.remove, made),
        )


def _chain_routes(router: APIRouter, proofs: ProofService, guard: Guard) -> None:
    @router.get(f"{VERSION}/lineage")
    def read_lineage(
        project: str,
        name: str,
        version: Number,
        depth: Annotated[int, Query(ge=1, le=10)] = 6,
        caller: Caller = guard.needs("lineage.read"),
    ) -> records.VersionLineage:
        """Read what a version was made from and what was made from it, ready to be drawn."""
        return wire.graph(proofs.lineage(project, name, version, depth))

    @router.get("/projects/{project}/registry/chain")
    def read_chain(
        project: str, caller: Caller = guard.needs("registry.read")
    ) -> records.ChainFigure:
        """Read how many versions in production have a complete, verifying chain."""
        return wire.figure(*proofs.chain_figure(project))


def _key_routes(router: APIRouter, proofs: ProofService, guard: Guard) -> None:
    @router.get("/keys")
    def list_keys(caller: Caller = guard.needs("keys.read")) -> records.KeyList:
        """List the public keys; with the answer one checks bundles offline."""
        return records.KeyList(items=[wire.key(one) for one in proofs.keys.listed()])

    @router.post("/keys", status_code=201)
    def make_key(
        body: records.KeyRequest, caller: Caller = guard.needs("keys.change")
    ) -> records.SigningKey:
        """Make a new key that signs statements from now on; earlier ones still verify."""
        return wire.key(proofs.keys.rotate(caller, body.reason))

    @router.post("/keys/{key_id}/revoke")
    def revoke_key(
        key_id: KeyId, body: records.RevokeRequest, caller: Caller = guard.needs("keys.change")
    ) -> records.SigningKey:
        """Revoke a key: what it signed verifies no more."""
        return wire.key(proofs.keys.revoke(caller, key_id, body.reason))
