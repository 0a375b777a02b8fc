"""Today's numbers."""
