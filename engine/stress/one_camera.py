"""The one camera of a rig to which something happens."""

from __future__ import annotations


def unlucky(views: int, seed: int) -> int:
    """The number of that camera: seed 0 is the first one, seed 1 the second one, and so on."""
    return seed % views
