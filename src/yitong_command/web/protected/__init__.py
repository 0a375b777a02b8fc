"""Details of protected people, one view at a time."""
