"""The joint layout that lifting networks read and answer in."""

from __future__ import annotations

from engine.motion.skeleton import H36M_17

LAYOUT = H36M_17
