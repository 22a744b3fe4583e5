"""Training tasks, one a file."""
