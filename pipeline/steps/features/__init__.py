"""Features: silver tables joined and derived by Spark SQL; nothing is fitted here."""
