"""Profiles as they go over the wire."""

from __future__ import annotations

from datetime import date

from octavo.records import profiles as wire
from octavo_server.workspaces.profiles.domain import MICRO, ProfileVersion


def profile(version: ProfileVersion, today: date) -> wire.Profile:
    """Return a profile version with its price of ``today`` (UTC)."""
    inner = version.profile
    return wire.Profile.model_validate(
        {
            **vars(inner),
            "version": version.version,
            "digest": version.digest,
            "resources": wire.ProfileResources.model_validate(inner),
            "images": [wire.ProfileImage.model_validate(one) for one in inner.images],
            "rates": [
                wire.Rate(since=one.since, eur_per_hour=euro(one.micro_eur)) for one in inner.rates
            ],
            "price_eur_per_hour": euro(inner.price_on(today)),
            "tolerations": [wire.Toleration.model_validate(one) for one in inner.tolerations],
            "volumes": [wire.Volume.model_validate(one) for one in inner.volumes],
            "audiences": list(inner.audiences),
            "environments": list(inner.environments),
            "published_at": version.published_at,
        }
    )


def euro(micro_eur: int) -> float:
    """Return an amount in euro, rounded to 4 places."""
    return round(micro_eur / MICRO, 4)
