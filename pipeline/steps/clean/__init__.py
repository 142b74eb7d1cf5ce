"""Clean: typed, validated, one row per key; a bad row is kept aside, with its reasons."""
