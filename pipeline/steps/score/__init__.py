"""Score: each new row once per model version."""
