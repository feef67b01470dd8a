"""Tables of edge: the bundles that were signed for devices, and the devices that report."""

from sqlalchemy import BigInteger, Column, Float, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

edge_bundles = Table(
    "edge_bundles",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("kind", String(20), nullable=False),
    Column("place", String(200), nullable=False),
    Column("model", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("envelope", json_type(), nullable=False),
    Column("made_by", String(255), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
"""Signed statements of bundles; ``digest`` is the SHA-256 of the signed bytes."""

edge_devices = Table(
    "edge_devices",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("deployment", String(63), primary_key=True),
    Column("device", String(63), primary_key=True),
    Column("consumer", String(63), nullable=False),
    Column("installation", String(32), nullable=False),
    Column("client", String(40), nullable=False),
    Column("version", Integer),
    Column("digest", String(64)),
    Column("generation", BigInteger),
    Column("sequence", BigInteger, nullable=False),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("latency_p50_ms", Float),
    Column("latency_p95_ms", Float),
    Column("latency_p99_ms", Float),
    Column("last_error", Text),
    Column("refusal", Text),
    Column("first_seen_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("told_until", UtcDateTime, nullable=False),
)
"""Devices with what each told last; ``requests``, ``errors`` and ``dropped`` are sums."""
