"""Octavo's SDK: wire records, a typed HTTP client and the command line.

It imports nothing else of Octavo's, so a notebook or an image can install it alone.
"""

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Offer `octavo.register`, `octavo.serve` and `octavo.score`, imported when they are used."""
    if name == "register":
        from octavo.registering import register

        return register
    if name == "serve":
        from octavo.serving import serve

        return serve
    if name == "score":
        from octavo.batches import score

        return score
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
