"""Figures as papers print them, on other data than this project's: to stand beside its own, named as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """The figures of one method or model.

    data        where it was measured
    figures     by the keys of `engine.metrics.catalogue`
    parameters  as printed; "" where none are
    """

    name: str
    data: str
    figures: Mapping[str, float]
    parameters: str = ""


_AMASS = "AMASS"
_AMASS_FIGURES = (
    "mpjre_deg",
    "world_mpjpe_cm",
    "world_mpjve_cm_s",
    "hand_pe_cm",
    "upper_pe_cm",
    "lower_pe_cm",
    "root_pe_cm",
    "world_jitter_100_m_s3",
)
_TRUTH = {"world_jitter_truth_100_m_s3": 4.0}


def _amass(name: str, parameters: str, *values: float) -> Row:
    return Row(name, _AMASS, dict(zip(_AMASS_FIGURES, values, strict=True)) | _TRUTH, parameters)


TRACKERS: tuple[Row, ...] = (
    _amass("AvatarPoser", "4 M", 3.08, 4.18, 27.70, 2.12, 1.81, 7.59, 3.34, 14.49),
    _amass("AvatarJLM", "63 M", 2.90, 3.35, 20.79, 1.24, 1.72, 6.20, 2.94, 8.39),
    _amass("AGRoL", "7 M", 2.66, 3.71, 18.59, 1.31, 1.55, 6.84, 3.36, 7.26),
    _amass("SAGE", "137 M", 2.53, 3.28, 20.62, 1.18, 1.39, 6.01, 2.95, 6.55),
    _amass("HMD-Poser", "17 M", 2.32, 3.15, 18.15, 1.35, 1.34, 5.76, 2.76, 6.21),
    _amass("MMD", "14 M", 2.31, 3.22, 17.88, 0.94, 1.29, 6.01, 2.88, 7.39),
    _amass("RPM", "9 M", 3.69, 4.88, 21.99, 5.90, 2.94, 7.69, 4.01, 4.43),
    _amass("KineST", "11 M", 2.25, 2.86, 15.26, 1.04, 1.24, 5.20, 2.65, 5.97),
    Row(
        "SSD-Poser",
        _AMASS,
        {"mpjre_deg": 2.41, "world_mpjpe_cm": 3.15, "world_mpjve_cm_s": 19.32, "world_jitter_100_m_s3": 8.19} | _TRUTH,
        "7.34 M",
    ),
    Row("SSD-Poser, five blocks", _AMASS, {"world_jitter_100_m_s3": 8.63} | _TRUTH, "9.07 M"),
    Row("SSD-Poser without the frequency-aware decoder", _AMASS, {"world_jitter_100_m_s3": 23.22} | _TRUTH),
)
"""SSD-Poser's from its paper (arXiv 2504.18332), the others as KineST prints them (AAAI 2026)."""


def _threedpw(name: str, *values: float) -> Row:
    return Row(name, "3DPW", dict(zip(("mpve_mm", "mpjpe_mm", "pa_mpjpe_mm"), values, strict=True)))


MESH: tuple[Row, ...] = (
    _threedpw("HumMUSS", 88.9, 77.4, 47.5),
    _threedpw("HumMUSS, causal", 93.4, 82.0, 50.2),
    _threedpw("HumMUSS + HybrIK", 80.0, 69.1, 40.7),
    _threedpw("HumMUSS, causal, + HybrIK", 80.5, 69.8, 41.3),
    _threedpw("MotionBERT", 88.1, 76.9, 47.2),
    _threedpw("MotionBERT, causal", 93.5, 82.3, 50.9),
    _threedpw("MotionBERT + HybrIK", 79.4, 68.8, 40.6),
    _threedpw("MotionBERT, causal, + HybrIK", 80.9, 70.1, 41.3),
)
"""Windows of 16 frames, fine-tuned: HumMUSS's Table 2."""
