"""Which rows judge which candidate, what is tried, and how the trials run."""
