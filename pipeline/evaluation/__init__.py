"""How good predictions are: metrics over all rows, computed in one pass."""
