"""Left and right joints of arms and of legs: what a detector exchanges together."""

from __future__ import annotations

from engine.motion.skeleton import Skeleton, side_of

_LEG = ("hip", "knee", "ankle", "heel", "toe", "foot", "leg")
_ARM = ("shoulder", "elbow", "wrist", "hand", "pinky", "index", "thumb", "arm")


def limb_pairs(skeleton: Skeleton) -> tuple[tuple[tuple[int, int], ...], ...]:
    """(left, right) joints of the arms, then of the legs; a skeleton that has no sides has none."""
    arms, legs = [], []
    for pair in zip(skeleton.left, skeleton.right, strict=True):
        name = side_of(skeleton.names[pair[0]])[1].lower()
        if any(word in name for word in _LEG):  # first: MediaPipe's "foot index" is no finger
            legs.append(pair)
        elif any(word in name for word in _ARM):
            arms.append(pair)
    return tuple(tuple(group) for group in (arms, legs) if group)
