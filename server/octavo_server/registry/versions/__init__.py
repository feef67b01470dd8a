"""Registered versions: what was signed, what stands for it, which alias points where."""
