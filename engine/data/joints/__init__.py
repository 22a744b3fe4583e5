"""Joint positions of a file as a clip."""
