"""Grids and the taxonomy."""
