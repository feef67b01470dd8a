"""What live models do: volume, latency, scores, drift against training, and alerts."""
