"""Webhooks: who is told of changes."""
