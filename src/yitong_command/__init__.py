"""Streaming command centre for a county's camera and sensor feeds."""

__version__ = "0.1.0"
