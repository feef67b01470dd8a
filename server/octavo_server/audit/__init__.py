"""The append-only, Merkle-proved trail of every state change."""
