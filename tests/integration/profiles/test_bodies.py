"""Bodies that Python takes for JSON and nothing else does, however they are written or named."""

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
