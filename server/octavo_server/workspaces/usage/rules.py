"""Pure decisions about metering: what an interval costs, and how much of it was wasted.

charge = price x time x max(1, u) and waste = price x time x max(0, 1 - u), where u is the largest
share of what was requested that was used. Where something requested wasn't measured u is at least
1: nobody calls waste what nobody has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from octavo_server.workspaces.profiles.domain import Profile
from octavo_server.workspaces.usage.domain import Measured, Metered
from octavo_server.workspaces.usage.metering import Meter, Size, UsageHour

HOUR_S = 3600
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
TEAM = "team"
"""The chargeback label of a profile that names a team, for what has no other."""
LONGEST = timedelta(days=32)
"""Nothing goes unseen for longer and is still the same: what lies before isn't booked."""
IMPLAUSIBLE = 64
"""A reading of so many times what was requested is taken for a fault of the measuring."""
ADDED = (
    "seconds",
    "core_seconds_requested", "gib_seconds_requested", "gpu_seconds_requested",
    "core_seconds_used", "gib_seconds_used", "gpu_seconds_used",
    "core_seconds", "gib_seconds", "gpu_seconds",
    "charge_micro_eur", "waste_micro_eur",
)  # fmt: skip
"""The figures of an hour that grow with every interval."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """What was used in an interval, as a steady rate; None: unknown."""

    cores: float | None = None
    """CPU cores."""
    gib: float | None = None
    """Memory, in GiB."""
    gpus: float | None = None
    """GPUs."""


# ---- time


def hour_of(moment: datetime) -> str:
    """Return the name of the UTC hour that ``moment`` lies in."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H")


def hours(since: datetime, until: datetime) -> Iterator[tuple[datetime, float]]:
    """Yield the beginning of each UTC hour between two moments with the seconds in it."""
    at, end = since.astimezone(UTC), until.astimezone(UTC)
    while at < end:
        begin = at.replace(minute=0, second=0, microsecond=0)
        edge = min(begin + HOUR, end)
        yield begin, (edge - at) / SECOND
        at = edge


def first_of_month(moment: datetime) -> date:
    """Return the first UTC day of the month that ``moment`` lies in."""
    return moment.astimezone(UTC).date().replace(day=1)


# ---- what was requested and used


def size_of(profile: Profile) -> Size:
    """Return what a profile promises, which is what its price is for."""
    return Size(cores=profile.cpu, gib=profile.memory_gib, gpus=float(profile.gpu))


def opened(metered: Metered, seen_at: datetime) -> Meter:
    """Return a meter that has metered nothing yet; what it is booked on is fixed here."""
    profile = metered.version.profile if metered.version else None
    size = size_of(profile) if profile else Size()
    team = metered.team or (profile.labels.get(TEAM, "") if profile else "")
    return Meter(
        kind=metered.kind,
        subject=metered.subject,
        person=metered.person,
        project=metered.project,
        team=team,
        part=metered.part,
        cores=size.cores,
        gib=size.gib,
        gpus=size.gpus,
        until=None,
        cpu_seconds=None,
        cpu_at=None,
        charge_rest=0.0,
        waste_rest=0.0,
        seen_at=seen_at,
        ended=metered.ended,
    )


def rates(meter: Meter, metered: Metered) -> Rates:
    """Return what was used since the meter's last reading, as far as it was measured."""
    used = metered.used or Measured()
    gpus = None
    if used.gpu_percent is not None and meter.gpus:
        gpus = meter.gpus * used.gpu_percent / 100
    return Rates(
        cores=_plausible(_cores(meter, metered, used.cpu_seconds), meter.cores),
        gib=_plausible(used.memory_gib, meter.gib),
        gpus=_plausible(gpus, meter.gpus),
    )


def _cores(meter: Meter, metered: Metered, cpu_seconds: float | None) -> float | None:
    """Return the mean cores since the last reading; unknown when the count went back."""
    if cpu_seconds is None:
        return None
    span = (metered.until - (meter.cpu_at or metered.since)) / SECOND
    spent = cpu_seconds - (meter.cpu_seconds or 0.0)
    return spent / span if span > 0 and spent >= 0 else None


def _plausible(rate: float | None, requested: float) -> float | None:
    return rate if rate is not None and 0 <= rate <= requested * IMPLAUSIBLE else None


def share(size: Size | Meter, used: Rates) -> float:
    """Return the largest share of what was requested that was used; see this module."""
    pairs = [(size.cores, used.cores), (size.gib, used.gib), (size.gpus, used.gpus)]
    known = [rate / kept for kept, rate in pairs if kept and rate is not None]
    unseen = any(kept and rate is None for kept, rate in pairs)
    largest = max(known, default=1.0)
    return max(1.0, largest) if unseen else largest


# ---- booking


def advance(meter: Meter, metered: Metered) -> tuple[Meter, list[UsageHour]]:
    """Return the meter at its new moment and what there is to book between, one an hour.

    The same or an earlier moment books nothing. Fractions of a millionth of a euro are carried
    on, so that many short intervals cost what one long one does.
    """
    begin = max(meter.until or metered.since, metered.until - LONGEST)
    if metered.until <= begin:
        return replace(meter, ended=meter.ended or metered.ended, until=begin), []
    seen = replace(meter, ended=metered.ended, until=begin)
    used = rates(seen, metered)
    booked: list[UsageHour] = []
    for start, seconds in hours(begin, metered.until):
        seen, hour = _hour(seen, metered, used, start, seconds)
        booked.append(hour)
    cpu = metered.used.cpu_seconds if metered.used else None
    if cpu is not None:
        seen = replace(seen, cpu_seconds=cpu, cpu_at=metered.until)
    return replace(seen, until=metered.until, seen_at=metered.until), booked


def _hour(
    meter: Meter, metered: Metered, used: Rates, start: datetime, seconds: float
) -> tuple[Meter, UsageHour]:
    version = metered.version
    price = version.profile.price_on(start.date()) if version else metered.micro_eur_per_hour
    part = share(meter, used)
    full = price * seconds / HOUR_S
    charge, charge_rest = _whole(full * max(1.0, part) + meter.charge_rest)
    waste, waste_rest = _whole(full * max(0.0, 1.0 - part) + meter.waste_rest)
    wasted = min(waste, charge)
    hour = UsageHour(
        kind=meter.kind,
        subject=meter.subject,
        hour=hour_of(start),
        day=start.date().isoformat(),
        person=meter.person,
        project=meter.project,
        team=meter.team,
        profile=version.profile.id if version else "",
        profile_version=version.version if version else 0,
        part=meter.part,
        price_micro_eur=price,
        seconds=seconds,
        charge_micro_eur=charge,
        waste_micro_eur=wasted,
        **_amounts(meter, used, seconds),
    )
    rest = waste - wasted + waste_rest
    return replace(meter, charge_rest=charge_rest, waste_rest=rest), hour


def _whole(amount: float) -> tuple[int, float]:
    """Return the whole millionths of an amount, and what is left of it.

    A hair below the next whole one is that whole one: floating point can't hold most prices.
    """
    whole = int(amount + 1e-6)
    return whole, max(0.0, amount - whole)


def _amounts(meter: Meter, used: Rates, seconds: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, kept, rate in (
        ("core", meter.cores, used.cores),
        ("gib", meter.gib, used.gib),
        ("gpu", meter.gpus, used.gpus),
    ):
        found[f"{name}_seconds_requested"] = kept * seconds
        found[f"{name}_seconds_used"] = (rate or 0.0) * seconds
        found[f"{name}_seconds"] = max(kept, rate or 0.0) * seconds
    return found
