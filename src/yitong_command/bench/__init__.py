"""Benchmarks: what the system does per core, against the obvious way and against the bare work."""
