"""Pure decisions: incident to case to grid to person."""
