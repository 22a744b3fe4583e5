"""Models that are taken where nobody says which."""

from __future__ import annotations

LIVE = "hummuss_small_robust_causal"
"""Before a camera: behind a detector it is a third smoother than the next causal one, and as near."""
BEHIND_DETECTORS = (LIVE, "hummuss_small_anyrate_causal", "hummuss_small_anyrate", "hummuss_small", "sasmamba")
"""What a detector's errors cost is measured of these."""

OF_VIEWS = ("mv_ssm_keypoints_time", "triangulation")
"""On several calibrated cameras: the network that is nearest and smoothest, beside the classical answer."""
