"""Rules tried on what is recorded, from the console."""
