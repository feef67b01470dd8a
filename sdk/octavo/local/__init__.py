"""Octavo on one machine: its state folder, its processes, its people's OS accounts."""
