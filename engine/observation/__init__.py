"""Observations: what a sensor sees of a motion, and what a model can be given."""
