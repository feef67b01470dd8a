"""Repositories that must not become anybody's registry; each is built by the real engine."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from tests.integration.features.conftest import Loaded
from tests.support.feast_programs import Programs
from tests.support.flights import TEMPLATE
from tests.support.people import ADMIN

from octavo_server.adapters.feast_engine import FeastEngine
from octavo_server.adapters.snapshot_folders import SnapshotFolders
from octavo_server.errors import Invalid, PolicyRefused, Unavailable
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.domain import Order, Publication
from octavo_server.features.publishing.service import REPOSITORY, PublishingService

pytestmark = pytest.mark.timeout(400)  # each builds a registry in a process with Feast

REASON = "To see whether it is refused."
PLANT = """
from feast import FeatureView, Field, FileSource
from feast.data_format import ParquetFormat
from feast.types import Float64, Int64, UnixTimestamp
from datetime import timedelta
import views
planted = FeatureView(
    name="{name}", entities=[views.carrier], ttl={ttl}, owner="x@octavo.example",
    schema=[
        Field(name="{field}", dtype=Int64, tags={tags}),
        {more}
    ],
    source=FileSource(
        name="planted_events", path={path}, file_format=ParquetFormat(),
        timestamp_field="event_timestamp", created_timestamp_column="created_timestamp",
    ),
)
"""
GOOD = {
    "name": "planted",
    "ttl": "timedelta(hours=6)",
    "field": "planted_flights",
    "tags": '{"counts": "flights.known_at", "window": "24h"}',
    "more": "",
    "path": 'str(views.CURATED / "planted")',
}


class Workshop:
    """An own lake with the tables that a planted view needs, and a service that publishes it."""

    def __init__(self, loaded: Loaded, folder: Path) -> None:
        self.places = Places(
            lakes=folder / "lake", features=folder / "features", templates=folder / "templates"
        )
        self.lake = folder / "lake" / "flights"
        shutil.copytree(loaded.lake, self.lake, copy_function=os.link)
        self.repository = folder / "templates" / "flights" / REPOSITORY
        shutil.copytree(TEMPLATE / REPOSITORY, self.repository)
        services = loaded.platform.services
        self.engine = FeastEngine(lambda: datetime.now(UTC))
        self.features = PublishingService(
            database=services.database,
            catalog=CatalogService(
                services.database, services.lineage, self.places, services.clock
            ),
            audit=services.audit,
            policy=services.policy,
            lineage=services.lineage,
            engine=self.engine,
            snapshots=SnapshotFolders(),
            places=self.places,
        )

    def plant(self, known: str = "known_at", **change: str) -> None:
        """Write a view of counts that takes a delay as known at ``known``."""
        flights = pd.read_parquet(self.lake / "curated" / "flights").dropna(subset=["known_at"])
        flights = flights[flights["month"] == "2013-01"].sort_values(known)
        counted = (
            flights.assign(one=1).set_index(known).groupby("carrier")["one"].rolling("24h").sum()
        )
        table = counted.rename("planted_flights").astype("int64").reset_index()
        table = table.rename(columns={known: "event_timestamp"})
        table["created_timestamp"] = table["event_timestamp"]
        table = table.drop_duplicates(["carrier", "event_timestamp"], keep="last")
        place = self.lake / "curated" / "planted"
        place.mkdir(exist_ok=True)
        table.to_parquet(place / "part-0.parquet", index=False)
        (self.repository / "planted.py").write_text(PLANT.format(**{**GOOD, **change}))

    def build(self) -> Publication:
        features = self.places.snapshots("flights")
        order = Order(
            project="flights", repository=self.repository, lake=self.lake, features=features
        )
        return self.engine.build(order, [].append, lambda: False)


@pytest.fixture
def workshop(loaded: Loaded, tmp_path: Path) -> Workshop:
    return Workshop(loaded, tmp_path)


def test_a_planted_leak_is_caught_and_refused(loaded: Loaded, workshop: Workshop) -> None:
    """A delay that counts at departure, published with a proof-less view, stops at the gate."""
    workshop.plant(known="departed_at")
    before = loaded.platform.services.features.catalog.snapshot("flights")
    with pytest.raises(PolicyRefused, match="not known yet"):
        workshop.features.publish(ADMIN, "flights", "flights", REASON)
    assert loaded.platform.services.features.catalog.snapshot("flights") == before
    left = workshop.places.snapshots("flights")
    assert not (left / "current").exists()
    assert list(left.iterdir()) == []


OUTSIDE = """
import pandas as pd
from feast import Field
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64
import views
FACTOR = 2
@on_demand_feature_view(
    sources=[views.carrier_delay], schema=[Field(name="doubled", dtype=Float64)]
)
def doubled(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"doubled": frame["carrier_delay_mean_3h"] * FACTOR})
"""
HOSTILE = {
    PLANT.format(**{**GOOD, **change}): message
    for change, message in (
        ({"name": "<script>alert(1)</script>"}, "is no name"),
        ({"name": "a b"}, "is no name"),
        ({"field": 'x\\"; DROP TABLE t; --'}, "is no name"),
        ({"path": '"/etc/passwd"'}, "not in the project's lake"),
        ({"path": 'str(views.CURATED / ".." / ".." / ".." / "x")'}, "not in the project's lake"),
        ({"ttl": "timedelta(days=1, hours=12)"}, "whole number of days"),
        ({"tags": '{"counts": "../../x.y", "window": "24h"}'}, "names no table"),
        ({"tags": '{"counts": "flights.known_at", "window": "soon"}'}, "no time span"),
    )
} | {OUTSIDE: "uses FACTOR from outside"}
REFUSE = """
import json, os, sys
from pathlib import Path
from octavo.feature_repository import DeclarationRefused, from_repository
from octavo_server.adapters import feast_publish
from octavo_server.adapters.feast_index import RegistryRefused
repository, features, lake = map(Path, sys.argv[1:])
os.environ["OCTAVO_LAKE"] = str(lake)
try:
    declaration = from_repository(repository, lake)
    built = feast_publish.publish(declaration, "flights", features, lake)
    columns = {view["name"]: [one["name"] for one in view["features"]] for view in built["views"]}
    said = f"built {columns['planted']} with the leaks {built['leaks']}"
except (RegistryRefused, DeclarationRefused) as error:
    said = str(error)
print(json.dumps(said))
"""


def test_hostile_definitions_are_refused_in_a_sentence(
    workshop: Workshop, programs: Programs
) -> None:
    """The last one is the view without what is wrong with the others, and it is built."""
    workshop.plant()
    features = workshop.places.snapshots("flights")
    for definition, expected in HOSTILE.items():
        assert expected in refusal(workshop, programs, definition)
        assert list(features.glob("*")) == []
    good = "built ['planted_flights'] with the leaks []"
    assert refusal(workshop, programs, PLANT.format(**GOOD)) == good


def refusal(workshop: Workshop, programs: Programs, definition: str) -> str:
    """Return what is said of a definition in the repository."""
    (workshop.repository / "planted.py").write_text(definition)
    features = workshop.places.snapshots("flights")
    said: str = json.loads(programs(REFUSE, workshop.repository, features, workshop.lake))
    return said


def test_a_refusal_reaches_the_caller(workshop: Workshop) -> None:
    workshop.plant(name="<script>alert(1)</script>")
    with pytest.raises(Invalid, match="is no name"):
        workshop.build()


def test_a_repository_that_raises_is_a_failed_engine(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a child that sees no secret of the service's."""
    monkeypatch.setenv("OCTAVO_TOKEN", "secret")
    (workshop.repository / "broken.py").write_text(
        "import os\nraise RuntimeError(f'by its author, who sees {os.getenv(\"OCTAVO_TOKEN\")}')\n"
    )
    with pytest.raises(Unavailable, match="RuntimeError: by its author, who sees None"):
        workshop.build()
