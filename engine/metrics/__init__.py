"""Pose and motion metrics with units in every name."""
