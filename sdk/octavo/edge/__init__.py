"""The light client of Octavo: a device pulls a deployment's model, checks it, and predicts alone.

It stands on `onnxruntime`, `numpy`, `cryptography` and the standard library; it imports neither
pydantic, MLflow nor pandas. `octavo-edge` is its command line; in code::

    from octavo.edge.client import EdgeClient, Settings

    client = EdgeClient(Settings(...))
    client.pull()
    client.predict([{"distance": 410.0, "carrier": "UA"}])
"""
