"""Usage as rows of FOCUS 1.2, the FinOps Open Cost and Usage Specification.

https://focus.finops.org/focus-specification/v1-2/ names the columns. All of its mandatory ones are
here, and those conditional ones that Octavo has values for. ``x_`` columns are Octavo's own.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from octavo_server.workspaces.profiles.domain import MICRO
from octavo_server.workspaces.usage.cost_rules import PLATFORM, end_of_month
from octavo_server.workspaces.usage.metering import UsageHour
from octavo_server.workspaces.usage.rules import HOUR, HOUR_S

MANDATORY = (
    "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
    "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd",
    "ChargePeriodStart", "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost",
    "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName", "ServiceCategory",
    "ServiceName",
)  # fmt: skip
FURTHER = (
    "ChargeFrequency", "ConsumedQuantity", "ConsumedUnit", "ContractedUnitPrice", "ListUnitPrice",
    "PricingCategory", "ResourceId", "ResourceName", "ResourceType", "ServiceSubcategory", "SkuId",
    "SkuPriceId", "SubAccountId", "SubAccountName", "Tags",
    "x_CoreHoursRequested", "x_CoreHoursUsed", "x_GibHoursRequested", "x_GibHoursUsed",
    "x_GpuHoursRequested", "x_GpuHoursUsed", "x_IdleCost", "x_Kind", "x_Part", "x_Person", "x_Team",
)  # fmt: skip
COLUMNS = (*MANDATORY, *FURTHER)
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""With one of these at its beginning, full width or not, a cell is a formula to a spreadsheet."""
PROVIDER = "Octavo"
TITLES = {
    "session": "Workspace",
    "run": "Pipeline run",
    "deployment": "Model deployment",
    "orphan": "Server without session",
    PLATFORM: "Shared platform",
}
OWN = "octavo/"
"""What the names of Octavo's own tags begin with; no label may take one."""
CONSTANT = {
    "BillingAccountId": "octavo",
    "BillingAccountName": PROVIDER,
    "BillingCurrency": "EUR",
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "ChargeFrequency": "Usage-Based",
    "ConsumedUnit": "Hours",
    "InvoiceIssuerName": PROVIDER,
    "PricingCategory": "Standard",
    "PricingUnit": "Hours",
    "ProviderName": PROVIDER,
    "PublisherName": PROVIDER,
    "ServiceCategory": "AI and Machine Learning",
    "ServiceSubcategory": "AI Platforms",
}
"""What is the same in every row."""
BATCH = 200


Labels = Callable[[str, int], Mapping[str, str]]
"""Gives the chargeback labels of a profile's version."""


def lines(hours: Iterable[UsageHour], labels: Labels) -> Iterator[str]:
    """Give the CSV file piece by piece: the header, then the rows."""
    yield _text([COLUMNS])
    batch: list[tuple[str, ...]] = []
    for one in hours:
        cells = row(one, labels(one.profile, one.profile_version))
        batch.append(tuple(defused(cells[name]) for name in COLUMNS))
        if len(batch) == BATCH:
            yield _text(batch)
            batch = []
    if batch:
        yield _text(batch)


def _text(rows: Iterable[tuple[str, ...]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue()


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(DANGEROUS) else cell


def row(one: UsageHour, labels: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of one metered hour by column; ``labels`` are its profile's."""
    title = TITLES.get(one.kind, one.kind)
    of = one.profile or "no profile"
    return {
        **CONSTANT,
        **_periods(one),
        **_prices(one),
        **_amounts(one),
        "ChargeDescription": f"{title} on {of}, {one.part}" if one.part else f"{title} on {of}",
        "ServiceName": title,
        "ConsumedQuantity": _hours(one.seconds),
        "ResourceId": f"{one.kind}/{one.subject}",
        "ResourceName": one.part or one.subject,
        "ResourceType": title,
        "SkuId": one.profile or one.kind,
        "SkuPriceId": f"{one.profile or one.kind}@{one.profile_version}",
        "SubAccountId": one.project,
        "SubAccountName": one.project,
        "Tags": _tags(one, labels),
        "x_IdleCost": _money(one.waste_micro_eur),
        "x_Kind": one.kind,
        "x_Part": one.part,
        "x_Person": one.person,
        "x_Team": one.team,
    }


def _periods(one: UsageHour) -> dict[str, str]:
    start = datetime.strptime(one.hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    return {
        "BillingPeriodStart": _time(start.replace(day=1, hour=0)),
        "BillingPeriodEnd": _time(end_of_month(start)),
        "ChargePeriodStart": _time(start),
        "ChargePeriodEnd": _time(start + HOUR),
    }


def _prices(one: UsageHour) -> dict[str, str]:
    cost = _money(one.charge_micro_eur)
    # What was booked before prices were written down has a cost, but no known price.
    priced = one.price_micro_eur or not one.charge_micro_eur
    price = _money(one.price_micro_eur) if priced else ""
    costs = dict.fromkeys(("BilledCost", "ContractedCost", "EffectiveCost", "ListCost"), cost)
    units = dict.fromkeys(("ContractedUnitPrice", "ListUnitPrice"), price)
    return {**costs, **units, "PricingQuantity": _priced(one)}


def _tags(one: UsageHour, labels: Mapping[str, str]) -> str:
    """Return the labels as they are, and what Octavo says itself under names of its own."""
    named = {"person": one.person, "team": one.team, "profile": one.profile, "part": one.part}
    own = {f"{OWN}{name}": value for name, value in named.items() if value}
    theirs = {name: value for name, value in labels.items() if not name.startswith(OWN)}
    return json.dumps({**theirs, **own}, ensure_ascii=False)


def _amounts(one: UsageHour) -> dict[str, str]:
    return {
        f"x_{title}Hours{way.title()}": _hours(getattr(one, f"{name}_seconds_{way}"))
        for title, name in (("Core", "core"), ("Gib", "gib"), ("Gpu", "gpu"))
        for way in ("requested", "used")
    }


def _priced(one: UsageHour) -> str:
    """Return the hours that are priced: use beyond what was requested makes them more."""
    if not one.price_micro_eur:
        return _hours(one.seconds)
    return _plain(Decimal(one.charge_micro_eur) / Decimal(one.price_micro_eur), 12)


def _hours(seconds: float) -> str:
    return _plain(Decimal(repr(seconds)) / HOUR_S, 9)


def _money(micro_eur: int) -> str:
    return _plain(Decimal(micro_eur) / MICRO, 6)


def _plain(number: Decimal, places: int) -> str:
    """Return a number without exponent and without zeros at its end."""
    text = f"{number:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
