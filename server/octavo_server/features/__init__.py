"""The feature registry: discovery, statistics, snapshots, gated publication, online reads."""
