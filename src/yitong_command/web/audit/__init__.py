"""The audit log for auditors, and the keeper of its chain."""
