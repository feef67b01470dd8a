"""A run's tag about features becomes lineage only where it is plain names."""

import json

import pytest

from octavo_server.registry.registration.features_read import (
    MOST_NAMES,
    FeaturesRead,
    features_read,
)


def test_views_and_services_become_nodes() -> None:
    told = {"views": {"carrier_delay": ["mean"]}, "services": ["flights_late"]}
    read = features_read({"octavo.features": json.dumps(told)})
    assert read.nodes("flights") == [
        "feature_view:flights/carrier_delay",
        "feature_service:flights/flights_late",
    ]


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "no json",
        "[" * 100_000,
        "[]",
        "7",
        '{"views": 7, "services": "flights_late"}',
        '{"views": {"<script>": [], "a/../b": [], "": []}, "services": [null, {}, "a b"]}',
    ],
)
def test_what_is_out_of_shape_says_nothing(tag: str) -> None:
    assert features_read({"octavo.features": tag}) == FeaturesRead()
    assert features_read({}) == FeaturesRead()


def test_a_tag_names_no_endless_list() -> None:
    told = {"views": [f"view_{n}" for n in range(5_000)]}
    assert len(features_read({"octavo.features": json.dumps(told)}).views) == MOST_NAMES
