"""Usage as FOCUS 1.2: its mandatory columns, its rules about values, and safe cells."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from octavo_server.workspaces.usage import focus
from octavo_server.workspaces.usage.metering import UsageHour

MANDATORY = [
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass",
    "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart", "ContractedCost",
    "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity", "PricingUnit",
    "ProviderName", "PublisherName", "ServiceCategory", "ServiceName",
]  # fmt: skip
"""The columns whose feature level is Mandatory in version 1.2 of the specification."""

HOUR = UsageHour(
    kind="run",
    subject="r1.1",
    hour="2026-12-31T23",
    day="2026-12-31",
    person="ann",
    project="flights",
    team="blue",
    profile="gpu-1",
    profile_version=3,
    part="score-daily",
    price_micro_eur=3_400_000,
    seconds=1800.0,
    charge_micro_eur=2_125_001,
    waste_micro_eur=425_000,
)


def labels(profile: str, version: int) -> dict[str, str]:
    """Return the chargeback labels of a profile."""
    return {"team": "cost centre 7"} if (profile, version) == ("gpu-1", 3) else {}


def read(*hours: UsageHour) -> list[dict[str, str]]:
    """Return the rows of the CSV file."""
    return list(csv.DictReader(io.StringIO("".join(focus.lines(hours, labels)))))


def test_every_mandatory_column_is_there_and_only_the_charge_class_is_empty() -> None:
    (row,) = read(HOUR)
    assert set(MANDATORY) <= set(row)
    assert [name for name in MANDATORY if not row[name]] == ["ChargeClass"]
    further = set(row) - set(MANDATORY) - {name for name in row if name.startswith("x_")}
    assert {"ConsumedQuantity", "ListUnitPrice", "ResourceId", "SkuId", "Tags"} <= further


def test_what_was_requested_and_used_is_there_to_size_profiles_by() -> None:
    amounts = {"core_seconds_requested": 7200.0, "core_seconds_used": 1800.0}
    (row,) = read(replace(HOUR, **amounts))
    assert (row["x_CoreHoursRequested"], row["x_CoreHoursUsed"]) == ("2", "0.5")
    assert (row["x_GpuHoursRequested"], row["x_IdleCost"]) == ("0", "0.425")


def test_times_are_utc_and_the_periods_hold_the_hour() -> None:
    (row,) = read(HOUR)
    assert row["ChargePeriodStart"] == "2026-12-31T23:00:00Z"
    assert row["ChargePeriodEnd"] == "2027-01-01T00:00:00Z"
    assert row["BillingPeriodStart"] == "2026-12-01T00:00:00Z"
    assert row["BillingPeriodEnd"] == "2027-01-01T00:00:00Z"


@pytest.mark.parametrize("charge", [0, 1, 2_125_001, 987_654_321_123])
def test_price_times_quantity_is_the_cost(charge: int) -> None:
    (row,) = read(replace(HOUR, charge_micro_eur=charge))
    product = Decimal(row["ListUnitPrice"]) * Decimal(row["PricingQuantity"])
    assert round(product, 6) == Decimal(row["ListCost"]) == Decimal(charge) / 1_000_000
    assert row["BilledCost"] == row["ContractedCost"] == row["EffectiveCost"] == row["ListCost"]
    assert Decimal(row["ConsumedQuantity"]) == Decimal("0.5")
    assert "E" not in row["ListCost"] + row["PricingQuantity"]


def test_what_costs_nothing_is_priced_by_its_time() -> None:
    (row,) = read(replace(HOUR, price_micro_eur=0, charge_micro_eur=0, waste_micro_eur=0))
    assert (row["ListUnitPrice"], row["PricingQuantity"], row["ListCost"]) == ("0", "0.5", "0")


def test_a_cost_without_known_price_has_no_unit_price() -> None:
    (row,) = read(replace(HOUR, price_micro_eur=0, profile_version=0))
    assert (row["ListUnitPrice"], row["ContractedUnitPrice"]) == ("", "")
    assert (row["ListCost"], row["PricingQuantity"]) == ("2.125001", "0.5")


def test_a_row_says_what_it_is_for() -> None:
    (row,) = read(HOUR)
    assert row["SubAccountId"] == "flights"
    assert row["ChargeDescription"] == "Pipeline run on gpu-1, score-daily"
    assert row["SkuPriceId"] == "gpu-1@3"
    assert json.loads(row["Tags"]) == {
        "team": "cost centre 7", "octavo/person": "ann", "octavo/team": "blue",
        "octavo/profile": "gpu-1", "octavo/part": "score-daily",
    }  # fmt: skip
    shared = replace(HOUR, kind="platform", profile="", part="", person="", project="", team="")
    (row,) = read(shared)
    assert row["ChargeDescription"] == "Shared platform on no profile"
    assert row["Tags"] == "{}"


def test_no_label_can_forge_what_octavo_says() -> None:
    forged = {"octavo/person": "bob", "octavo/other": "x", "=team": "@y"}
    cells = focus.row(replace(HOUR, person=""), forged)
    assert json.loads(cells["Tags"]) == {
        "=team": "@y", "octavo/team": "blue", "octavo/profile": "gpu-1",
        "octavo/part": "score-daily",
    }  # fmt: skip


@pytest.mark.parametrize(
    "start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_no_cell_is_a_formula(start: str) -> None:
    evil = f'{start}HYPERLINK("http://x","y")'
    for field in ("person", "project", "team", "part", "subject"):
        (row,) = read(replace(HOUR, **{field: evil}))
        cells = [cell for cell in row.values() if cell.startswith(start)]
        assert cells == []
        assert any(cell == f"'{evil}" for cell in row.values()) or field == "subject"


def test_a_long_file_comes_in_pieces_and_whole() -> None:
    asked: list[int] = []

    def hours():  # type: ignore[no-untyped-def]
        for number in range(1000):
            asked.append(number)
            yield replace(HOUR, subject=f"r{number}", team='a,"b"\nc')

    pieces = focus.lines(hours(), labels)
    assert next(pieces).startswith("BilledCost,")
    assert asked == []
    next(pieces)
    assert len(asked) == focus.BATCH
    rest = read(*(replace(HOUR, subject=f"r{number}", team='a,"b"\nc') for number in range(1000)))
    assert len(rest) == 1000
    assert {row["x_Team"] for row in rest} == {'a,"b"\nc'}
