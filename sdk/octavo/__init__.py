"""Octavo's SDK: wire records, a typed HTTP client and the command line.

It imports nothing else of Octavo's, so a notebook or an image can install it alone.
"""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Offer `octavo.register`, and import MLflow only when it is used."""
    if name == "register":
        from octavo.registering import register

        return register
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
