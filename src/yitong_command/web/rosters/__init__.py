"""Rosters: who is on duty, shifts, leave and swaps."""
