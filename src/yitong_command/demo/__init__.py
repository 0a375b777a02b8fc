"""The virtual county: cameras, ball camera and people for demonstrations and tests."""
