"""A detector in a process of its own."""
