"""Ingest workers: from pictures to incidents."""
