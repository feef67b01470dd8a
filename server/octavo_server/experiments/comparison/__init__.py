"""Runs side by side: what differs between them."""
