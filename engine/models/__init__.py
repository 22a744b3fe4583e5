"""Models: a folder a system, and what they share. `families` lists them without importing torch."""
