"""Zones of a camera: reading, drawing, and what they were before."""
