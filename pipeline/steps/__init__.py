"""The steps: each reads tables, transforms, checks and writes. No step imports another."""
