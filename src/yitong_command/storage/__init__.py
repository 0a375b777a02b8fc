"""The database, its migrations, and the evidence store."""
