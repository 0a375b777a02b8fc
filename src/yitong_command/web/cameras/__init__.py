"""Cameras, their states, pictures and looks."""
