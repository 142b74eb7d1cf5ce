"""House prices in Ames, Iowa: one table, a number to predict."""
