"""Octavo's SDK: wire records, a typed HTTP client and the command line.

It imports nothing else of Octavo's, so a notebook or an image can install it alone.
"""

__version__ = "0.1.0"
