"""Prices of spawner profiles, as the area `workspaces` keeps them."""

from __future__ import annotations

from datetime import datetime, timedelta

from octavo_server.errors import NotFound
from octavo_server.workspaces.profiles.service import ProfilesService

DAY = timedelta(days=1)


class ProfilePrices:
    """What an hour on a profile costs."""

    def __init__(self, profiles: ProfilesService) -> None:
        self._profiles = profiles

    def price_on(self, profile: str, at: datetime) -> int | None:
        """Return the price of an hour on a moment's day, millionths of a euro; None: unknown.

        Of the versions of that day the last counts.
        """
        try:
            found = self._profiles.at(profile, at + DAY)
        except NotFound:
            return None
        return found.profile.price_on(at.date())
