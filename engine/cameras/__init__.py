"""Cameras: projection, lens models, rigs. Knows no people."""
