"""One system per file, and the registry that lists them without importing torch."""
