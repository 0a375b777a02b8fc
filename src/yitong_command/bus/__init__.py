"""The bus: topics, wire models, producer and spool."""
