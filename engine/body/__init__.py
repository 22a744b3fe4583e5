"""Parametric bodies: the model, skinning, poses put onto it."""
