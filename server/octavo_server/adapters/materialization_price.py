"""What materialising costs: the price of the profile that the settings name."""

from __future__ import annotations

from octavo_server.execution import Profiles


class MaterializationPrice:
    """The price of one profile, as runs see it."""

    def __init__(self, profiles: Profiles, profile: str) -> None:
        self._profiles = profiles
        self._profile = profile

    @property
    def profile(self) -> str:
        """Its id."""
        return self._profile

    def eur_per_hour(self) -> float:
        """Return its price now. Raises NotFound for an unknown profile."""
        return self._profiles.run_profile(self._profile).price_eur_per_hour
