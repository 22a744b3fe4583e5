"""Sizes of the networks on keypoints."""

from __future__ import annotations

from dataclasses import dataclass

JOINTS = 17
CHANNELS = 15
"""Numbers of a view's joint that the networks read: x/z, y/z, confidence, the camera's axes (9) and centre (3)."""
LENS = 3
"""More that triangulation reads, which counts in pixels: focal lengths (2), and the picture's longer side."""


@dataclass(frozen=True)
class KeypointsConfig:
    """Sizes of one network: width d, depth in layers, inner width of the feed-forward.

    joint_matrix  whether joints are mixed by a learned matrix in each of `groups` of the channels
    view_mean     whether a view is told the mean over the views
    scan          whether an SS2D walks the grid of views and joints, with directions, states N and expansion
    """

    width: int = 64
    depth: int = 3
    inner: int = 128
    joint_matrix: bool = True
    groups: int = 8
    view_mean: bool = True
    scan: bool = True
    directions: int = 4
    d_state: int = 8
    expansion: int = 1
