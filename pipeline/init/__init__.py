"""A first look at somebody's data, and the configuration that it suggests. Nothing is fitted here."""
