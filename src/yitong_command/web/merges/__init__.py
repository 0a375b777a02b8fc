"""Merging: questions to operators, what was told of a case, and taking something out of it."""
