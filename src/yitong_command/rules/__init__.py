"""Rules over time: observations in, incidents out."""
