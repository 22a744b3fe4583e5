"""What networks are trained to do, a task a file."""
