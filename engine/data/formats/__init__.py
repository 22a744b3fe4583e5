"""File formats: one reader a file."""
