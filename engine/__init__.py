"""Kinestate's engine: motion, models and measurements, usable without a window."""

__version__ = "0.1.0"
