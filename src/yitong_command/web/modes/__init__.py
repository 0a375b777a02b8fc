"""Calm and emergency: proposing, confirming, ending, and the report afterwards."""
