"""The hub's own pages: profiles, cost, failed starts; and the relay through which they ask."""
