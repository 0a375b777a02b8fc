"""Who works on which alert."""
