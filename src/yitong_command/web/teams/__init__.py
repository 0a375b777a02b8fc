"""Volunteer groups, campaigns and mediation squads."""
