"""Sensors and what can be said of them."""
