"""The golden path, played headless: one notebook's whole way, by the people who walk it."""
