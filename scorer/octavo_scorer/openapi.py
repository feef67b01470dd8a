"""The scorer's OpenAPI document, made from the model's signature."""

from __future__ import annotations

from typing import Any

from octavo_scorer.contract import MAX_TEXT, NULLABLE, Column, Contract

TYPES: dict[str, dict[str, Any]] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"type": "integer", "format": "int64", "minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "string": {"type": "string", "maxLength": MAX_TEXT},
    "datetime": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "contentEncoding": "base64"},
}
ERROR = {
    "type": "object",
    "required": ["error", "message", "remedy", "request_id"],
    "properties": {
        name: {"type": "string"} for name in ("error", "message", "remedy", "request_id")
    },
}
REFUSALS = {
    "401": "The secret is missing or wrong.",
    "413": "The body or the number of rows is over its limit.",
    "422": "A row doesn't fit the model's signature.",
    "500": "The model failed on rows that fit.",
    "503": "The model can't answer now.",
}


def describe_api(name: str, version: str, contract: Contract) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a scorer that holds this model."""
    return {
        "openapi": "3.1.0",
        "info": {"title": name, "version": version},
        "paths": {
            "/invocations": {"post": _invocations(contract)},
            f"/v2/models/{name}": {"get": _plain("Open Inference Protocol v2: model metadata")},
            f"/v2/models/{name}/ready": {"get": _plain("Whether the model is in memory")},
            f"/v2/models/{name}/infer": {"post": _infer()},
            "/v2/health/live": {"get": _plain("Answers while the process runs")},
            "/v2/health/ready": {"get": _plain("Answers while the model is in memory")},
            "/metrics": {"get": _plain("Counters for Prometheus", "text/plain")},
        },
        "components": {"schemas": {"Row": row_schema(contract), "Error": ERROR}},
    }


def row_schema(contract: Contract) -> dict[str, Any]:
    """Return the JSON schema of one row."""
    if contract.tensor is not None:
        schema: dict[str, Any] = {"type": "number"}
        for size in reversed(contract.tensor.shape[1:]):
            exact = {} if size < 0 else {"minItems": size, "maxItems": size}
            schema = {"type": "array", "items": schema, **exact}
        return schema
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [column.name for column in contract.columns if column.required],
        "properties": {column.name: _column(column) for column in contract.columns},
    }


def _column(column: Column) -> dict[str, Any]:
    schema = dict(TYPES[column.type])
    if column.type in NULLABLE or not column.required:
        schema["type"] = [schema["type"], "null"]
    return schema


def _invocations(contract: Contract) -> dict[str, Any]:
    field = "dataframe_records" if contract.tensor is None else "inputs"
    rows = {
        "type": "array",
        "minItems": 1,
        "maxItems": contract.max_rows,
        "items": {"$ref": "#/components/schemas/Row"},
    }
    body = {"type": "object", "required": [field], "properties": {field: rows}}
    predictions = {
        "type": "object",
        "required": ["predictions"],
        "properties": {"predictions": {"type": "array", "description": "One a row."}},
    }
    return {
        "summary": "Score rows",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {
                "description": "Predictions",
                "content": {"application/json": {"schema": predictions}},
            },
            **_refusals(),
        },
    }


def _infer() -> dict[str, Any]:
    tensors = {"type": "array", "items": {"type": "object"}}
    body = {"type": "object", "required": ["inputs"], "properties": {"inputs": tensors}}
    return {
        "summary": "Open Inference Protocol v2: score tensors",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "Output tensors"}, **_refusals()},
    }


def _plain(summary: str, kind: str = "application/json") -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "OK", "content": {kind: {}}}}}


def _refusals() -> dict[str, Any]:
    reference = {"schema": {"$ref": "#/components/schemas/Error"}}
    return {
        status: {"description": words, "content": {"application/json": reference}}
        for status, words in REFUSALS.items()
    }
