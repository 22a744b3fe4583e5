"""Seeded degradations of an observation; level zero changes nothing, bit for bit."""
