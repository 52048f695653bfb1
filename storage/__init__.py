"""Storage: the Store port over SQLAlchemy Core. One module per aggregate, one commit per unit."""
