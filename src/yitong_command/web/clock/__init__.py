"""The clock of a case: deadlines with their rules, what will happen, what has happened."""
