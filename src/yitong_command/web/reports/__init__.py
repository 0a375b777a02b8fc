"""Reports of people: the public page, and workers from their phones."""
