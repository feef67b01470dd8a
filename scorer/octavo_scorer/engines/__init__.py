"""The engine process: the one place where a model's code runs.

``python -m octavo_scorer.engines`` is a child of the scorer.  It holds the model and predicts, one
batch after the other; it has no network, no secret and no part in HTTP.  So a model that hangs,
ends its process or eats memory takes its engine with it, and the scorer starts another.
"""
