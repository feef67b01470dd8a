"""Wiring: builds every object that the service and the worker are made of."""
