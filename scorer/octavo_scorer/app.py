"""The scorer's routes: MLflow's ``/invocations``, Open Inference Protocol v2, metrics."""

from __future__ import annotations

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from octavo_scorer.contract import Contract
from octavo_scorer.errors import Internal, NotFound, ScorerError, TooLarge, Unauthenticated
from octavo_scorer.formats import V2_TYPES, Batch, parse_json, read_invocation, read_v2
from octavo_scorer.metrics import CONTENT_TYPE, ScorerMetrics
from octavo_scorer.wire import READY_PATH, REQUEST_ID_HEADER, SECRET_HEADER

MAX_BODY = 8 << 20
"""Bytes of one request."""


class Model(Protocol):
    """A model in memory."""

    contract: Contract

    def predict(self, batch: Batch) -> list[Any]:
        """Return one JSON value a row."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Which model this scorer holds."""

    name: str
    """The registered model."""
    version: str
    """Its version."""
    digest: str
    """SHA-256 of its signed manifest."""


Reader = Callable[[Contract, dict[str, Any]], Batch]


class Scoring:
    """Scores one body at a time and counts what happened."""

    def __init__(self, model: Model, metrics: ScorerMetrics) -> None:
        self._model = model
        self._metrics = metrics

    @property
    def contract(self) -> Contract:
        """What the model accepts."""
        return self._model.contract

    def score(self, body: bytes, read: Reader) -> tuple[dict[str, Any], list[Any]]:
        """Return the body's object and one prediction a row. Raises ScorerError."""
        started = time.perf_counter()
        outcome, rows = "internal", 0
        try:
            document = parse_json(body)
            batch = read(self._model.contract, document)
            predictions = self._model.predict(batch)
            outcome, rows = "ok", batch.size
        except ScorerError as error:
            outcome = error.code
            raise
        finally:
            self._metrics.answered(outcome, rows, time.perf_counter() - started)
        return document, predictions


def create_app(model: Model, identity: Identity, secret: str) -> FastAPI:
    """Return the scorer's application; all but the health routes want ``secret``."""
    metrics = ScorerMetrics(identity.name, identity.version, identity.digest)
    scoring = Scoring(model, metrics)
    app = FastAPI(title="Octavo scorer", docs_url=None, redoc_url=None, openapi_url=None)
    _answer_errors(app)

    def known(request: Request) -> None:
        given = request.headers.get(SECRET_HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            raise Unauthenticated(
                "The scorer's secret is missing or wrong.", "Call the deployment through Octavo."
            )

    app.include_router(_health_routes())
    app.include_router(_about_routes(identity, scoring, metrics), dependencies=[Depends(known)])
    app.include_router(_scoring_routes(identity, scoring), dependencies=[Depends(known)])
    return app


def _health_routes() -> APIRouter:
    router = APIRouter()

    @router.get("/v2/health/live")
    def live() -> dict[str, bool]:
        """Answer while the process runs."""
        return {"live": True}

    @router.get(READY_PATH)
    def ready() -> dict[str, bool]:
        """Answer once the model is in memory: it is loaded before the socket opens."""
        return {"ready": True}

    return router


def _about_routes(identity: Identity, scoring: Scoring, metrics: ScorerMetrics) -> APIRouter:
    router = APIRouter()

    @router.get("/metrics")
    def counters() -> Response:
        """Return Prometheus' text."""
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    @router.get("/v2")
    def server() -> dict[str, Any]:
        """Return what the v2 protocol calls server metadata."""
        return {"name": "octavo-scorer", "version": "2", "extensions": []}

    @router.get("/v2/models/{name}")
    def describe(name: str) -> dict[str, Any]:
        """Return what the v2 protocol calls model metadata."""
        return describe_model(_same(identity, name), scoring.contract)

    @router.get("/v2/models/{name}/ready")
    def model_ready(name: str) -> dict[str, Any]:
        """Answer whether this model is in memory."""
        return {"name": _same(identity, name).name, "ready": True}

    return router


def _scoring_routes(identity: Identity, scoring: Scoring) -> APIRouter:
    router = APIRouter()

    @router.post("/invocations")
    async def invocations(request: Request) -> JSONResponse:
        """Score rows in one of MLflow's formats."""
        body = await _body(request)
        _, predictions = await run_in_threadpool(scoring.score, body, read_invocation)
        return JSONResponse({"predictions": predictions})

    @router.post("/v2/models/{name}/infer")
    async def infer(name: str, request: Request) -> JSONResponse:
        """Score tensors of the Open Inference Protocol."""
        _same(identity, name)
        body = await _body(request)
        document, predictions = await run_in_threadpool(scoring.score, body, read_v2)
        answer = {
            "model_name": identity.name,
            "model_version": identity.version,
            "outputs": [output_tensor(predictions)],
        }
        if isinstance(document.get("id"), str):
            answer["id"] = document["id"][:200]
        return JSONResponse(answer)

    return router


def describe_model(identity: Identity, contract: Contract) -> dict[str, Any]:
    """Return the v2 metadata of a model."""
    inputs: list[dict[str, Any]] = [
        {"name": column.name, "datatype": V2_TYPES[column.type][0], "shape": [-1]}
        for column in contract.columns
    ]
    if contract.tensor is not None:
        inputs = [
            {
                "name": "input",
                "datatype": contract.tensor.dtype.upper().replace("FLOAT", "FP"),
                "shape": list(contract.tensor.shape),
            }
        ]
    return {
        "name": identity.name,
        "versions": [identity.version],
        "platform": "mlflow_pyfunc",
        "inputs": inputs,
        "parameters": {"digest": identity.digest, "max_rows": contract.max_rows},
    }


def output_tensor(predictions: list[Any]) -> dict[str, Any]:
    """Return predictions as one v2 tensor; rows of equal length are laid out row by row."""
    first = predictions[0]
    if isinstance(first, list):
        flat = [value for row in predictions for value in row]
        shape = [len(predictions), len(first)]
    else:
        flat, shape = predictions, [len(predictions)]
    if all(isinstance(value, bool) for value in flat):
        datatype = "BOOL"
    elif all(isinstance(value, int) and not isinstance(value, bool) for value in flat):
        datatype = "INT64"
    elif all(isinstance(value, int | float) and not isinstance(value, bool) for value in flat):
        datatype = "FP64"
    else:
        datatype = "BYTES"
    return {"name": "predictions", "datatype": datatype, "shape": shape, "data": flat}


def _same(identity: Identity, name: str) -> Identity:
    if name != identity.name:
        raise NotFound(f"No model {name[:60]!r} here.", f"This scorer holds {identity.name!r}.")
    return identity


async def _body(request: Request) -> bytes:
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk
        if len(kept) > MAX_BODY:
            raise TooLarge(
                f"The body is over {MAX_BODY >> 20} MiB.", "Send the rows in several requests."
            )
    return bytes(kept)


def _answer_errors(app: FastAPI) -> None:
    """Give every error the platform's one shape."""

    def answer(request: Request, error: ScorerError) -> JSONResponse:
        request_id = request.headers.get(REQUEST_ID_HEADER, "")[:64] or secrets.token_hex(8)
        return JSONResponse(
            {
                "error": error.code,
                "message": error.message,
                "remedy": error.remedy,
                "request_id": request_id,
            },
            status_code=error.status,
            headers={REQUEST_ID_HEADER: request_id},
        )

    @app.exception_handler(ScorerError)
    async def ours(request: Request, error: ScorerError) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(request, Internal(f"{error}", "See the scorer's log."))

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> JSONResponse:
        answered = answer(request, NotFound(f"{error.detail}.", "See the v2 protocol's paths."))
        answered.status_code = error.status_code
        return answered

    @app.exception_handler(Exception)
    async def fault(request: Request, _error: Exception) -> JSONResponse:
        return answer(request, Internal("The scorer failed.", "See the scorer's log."))
