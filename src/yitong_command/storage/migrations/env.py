"""Run by Alembic: migrates the connection that ``storage.migrate`` opened."""

from __future__ import annotations

from alembic import context

from yitong_command.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
