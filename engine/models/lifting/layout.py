"""Conventions of lifting networks: the joint layout, and the frame rate of those that count frames."""

from __future__ import annotations

from engine.motion.skeleton import H36M_17

LAYOUT = H36M_17

COUNTED_HZ = 10.0
"""The frame rate at which networks that count frames are trained here, and to which their input is resampled."""
