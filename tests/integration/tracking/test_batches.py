"""A table scored with a registered model: real services, the real store, its ONNX form."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.tracking.test_registering import REGISTER
from tests.support.materialization import Worker
from tests.support.tracking import Governed, stock_client

from octavo.batches import score
from octavo.client import Client
from octavo.records.batches import Batch
from octavo_server.wiring.batches import build_batch_execution

SOURCE = "curated/days"
HOME = "/projects/flights/batches"


@pytest.fixture(scope="module")
def registered(governed: Governed) -> dict[str, Any]:
    """Register a model that converts."""
    code = REGISTER.replace("flights/variable", "flights/nightly").replace(
        '"variable"', '"nightly"'
    )
    found: dict[str, Any] = stock_client(
        governed.tracking,
        "scientist",
        code,
        OCTAVO_PROJECT="flights",
        OCTAVO_URL=governed.url,
        OCTAVO_TOKEN="scientist",
    )
    return found["made"]


def write_days(governed: Governed, *days: int) -> Path:
    """Write a table with a folder a day; the last day's hours are no whole numbers."""
    table = governed.platform.services.settings.home / "lake" / "flights" / SOURCE
    for day in days:
        (table / f"day={day}").mkdir(parents=True)
        hours = [6 + number % 12 + (0.5 if day == days[-1] else 0) for number in range(500)]
        columns = {
            "delay": [float(number % 90) for number in range(500)],
            "hour": hours if day == days[-1] else [int(hour) for hour in hours],
            "carrier": [("UA", "AA", "B6")[number % 3] for number in range(500)],
        }
        pq.write_table(pa.table(columns), table / f"day={day}" / "flights.parquet")
    return table


class Working:
    """A worker's thread that executes batches until the block ends."""

    def __init__(self, governed: Governed) -> None:
        services = governed.platform.services
        catalog, parts = services.deployments.catalog, services.runs
        self._batches = build_batch_execution(
            services, catalog, parts.ledger, parts.profiles, Worker()
        )
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.1):
            for identifier, _key in self._batches.waiting():
                self._batches.run(identifier)


def test_a_registered_model_scores_a_table_by_its_onnx_form(
    governed: Governed, registered: dict[str, Any]
) -> None:
    write_days(governed, 1, 2, 3)
    with Client(governed.url, "scientist") as client, Working(governed):
        batch = score(
            f"{SOURCE}/",
            "nightly",
            version=registered["version"]["version"],
            environment="dev",
            keep=["delay", "day"],
            project="flights",
            client=client,
        )
    assert (batch.state.value, batch.done, batch.failed) == ("partial", 2, 1), batch.message
    assert batch.cost_eur is not None
    assert batch.cost_eur > 0
    listed = governed.platform.call("reviewer", "GET", f"{HOME}/{batch.id}/partitions").json()
    assert [one["engine"] for one in listed["items"]] == ["onnx", "onnx", None]
    assert "'hour', row 0: 6.5 is not a whole number" in listed["items"][2]["message"]
    _check_proof(governed, batch)
    _check_output(governed, batch)


def _check_proof(governed: Governed, batch: Batch) -> None:
    services = governed.platform.services
    manifest = governed.platform.call("oncall", "GET", f"{HOME}/{batch.id}/manifest").json()
    assert (manifest["ok"], manifest["digest"]) == (True, batch.manifest_digest)
    node = f"batch:flights/{batch.id}"
    sources = {one.source for one in services.lineage.sources("flights", node)}
    assert f"model_version:flights/nightly/{batch.version}" in sources
    ended = next(one for one in services.audit.entries() if one.action == "deployments.batch_end")
    assert ended.details["manifest"] == batch.manifest_digest
    spent = services.usage.total("run", f"{batch.id}.1")
    assert spent[1] > 0


def _check_output(governed: Governed, batch: Batch) -> None:
    output = governed.platform.services.settings.home / "lake" / "flights" / batch.output
    table = pq.read_table(output / "day=2" / "part-00001.parquet", partitioning=None)
    assert table.column_names == ["source_file", "source_row", "delay", "day", "prediction"]
    assert set(table["day"].to_pylist()) == {"2"}
    late = [one[1] > 0.5 for one in table["prediction"].to_pylist()]
    delays = table["delay"].to_pylist()
    agreed = sum(one == (delay > 15) for one, delay in zip(late, delays, strict=True))
    assert agreed > 450
