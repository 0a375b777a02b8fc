"""Cases and their transitions."""
