"""Projects on real data, from raw files to predictions: `make demo`, `make demo ARGS=flights`."""
