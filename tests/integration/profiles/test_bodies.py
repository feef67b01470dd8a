"""Bodies that Python takes for JSON and nothing else does, and values that no database holds."""

from __future__ import annotations

import pytest
from tests.support.platform import Platform

NAN = '{"document": {"id": NaN}}'
NULL = r'{"text": "id: \u0000"}'


@pytest.mark.parametrize(
    ("body", "content_type", "sentence"),
    [
        (NAN.encode(), "application/json", "The body holds NaN, which is not JSON."),
        (NAN.encode(), "application/JSON", "The body holds NaN, which is not JSON."),
        (NULL.encode(), "Application/Json", "The body holds a null character"),
        (NAN.encode("utf-16"), "application/json", "is written in utf-16; JSON is UTF-8."),
        (NULL.encode("utf-16-le"), "application/json", "in utf-16-le; JSON is UTF-8."),
        (NULL.encode("utf-32"), "application/json", "is written in utf-32; JSON is UTF-8."),
    ],
)
def test_a_body_that_is_no_json_is_refused_with_the_reason(
    governed: Platform, body: bytes, content_type: str, sentence: str
) -> None:
    headers = {"Content-Type": content_type}
    refused = governed.call("admin", "POST", "/profiles/check", content=body, headers=headers)
    assert refused.status_code == 422, refused.text
    assert sentence in refused.json()["message"]


@pytest.mark.parametrize("field", ["version", "base_version"])
def test_a_version_that_no_database_holds_is_refused_with_the_limit(
    governed: Platform, field: str
) -> None:
    body = {"kind": "roll_back", "profile": "cpu-small", "version": 1, "reason": "Back again."}
    refused = governed.call("admin", "POST", "/profiles/changes", json=body | {field: 2**63})
    assert refused.status_code == 422, refused.text
    assert f"{field}: input should be less than or equal to 1000000" in refused.json()["message"]


def test_a_reason_of_spaces_is_none(governed: Platform) -> None:
    body = {"kind": "retire", "profile": "cpu-small", "message": "Gone.", "reason": "      "}
    refused = governed.call("admin", "POST", "/profiles/changes", json=body)
    assert refused.status_code == 422, refused.text
    assert "reason: string should have at least 3 characters" in refused.json()["message"]


@pytest.mark.parametrize("field", ["at", "activity_at"])
def test_a_moment_without_its_zone_is_refused(governed: Platform, field: str) -> None:
    probe = {"at": "2026-11-23T10:00:00Z", "busy_kernels": 0, "kernels": 1, "active_terminals": 0}
    body = probe | {field: "2026-11-23T10:00:00"}
    refused = governed.call("scientist", "POST", "/workspaces/mine/probe", json=body)
    assert refused.status_code == 422, refused.text
    assert f"{field}: input should have timezone info" in refused.json()["message"]


@pytest.mark.parametrize(
    "path", ["/profiles/changes/%00", "/profiles/catalog/a%00b", "/profiles/changes?profile=%00"]
)
def test_a_null_character_in_an_address_is_refused(governed: Platform, path: str) -> None:
    refused = governed.call("admin", "GET", path)
    assert refused.status_code == 422, refused.text
    assert "The address holds a null character" in refused.json()["message"]
