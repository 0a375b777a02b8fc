"""The worker's own tasks."""
