"""Flights from New York: four tables, joined in SQL, two classes, split by time."""
