"""Models that are taken where nobody says which."""

from __future__ import annotations

OF_VIEWS = ("mv_ssm_keypoints_time", "triangulation")
"""On several calibrated cameras: the network that is nearest and smoothest, beside the classical answer."""
