"""Alembic migrations, newest last; never changed once released."""
