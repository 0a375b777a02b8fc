"""Notices for the desk."""
