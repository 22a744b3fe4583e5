"""Sizes of STAMPose's networks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class STAMPoseConfig:
    """Sizes of one network; the defaults are the published S.

    width d; depth: pairs of an attention and a scan; heads of the attention; channels of the input that are read (2: x
    and y, 3: confidence too); max_frames of the position table; states of the scans; drop_path: largest rate at which a
    block is skipped in training, rising linearly with depth. legacy_scan goes on from joint to joint with the state of
    the joint before, as the released code does, instead of starting anew for every joint.
    """

    width: int = 64
    depth: int = 10
    heads: int = 4
    channels: int = 2
    max_frames: int = 243
    states: int = 16
    drop_path: float = 0.2
    legacy_scan: bool = False
