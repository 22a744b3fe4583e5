"""Conversion of 2D keypoints from one joint layout to another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.motion.conversions import RULES, layout_of, no_rule
from engine.motion.rules import apply_rule, sources
from engine.motion.skeleton import COCO_17, H36M_17
from engine.observation.keypoints import Keypoints2D


def keypoints_to_h36m17(keypoints: Keypoints2D, *, legacy_conf: bool = False) -> Keypoints2D:
    """2D keypoints of a known layout as H36M-17.

    The confidence of a synthesised joint is the least of its sources'. legacy_conf leaves the confidences of
    COCO-17 in COCO's order, as the loader of MotionBERT's action models does (its weights were trained so).
    Raises InputError for an unknown layout.
    """
    if keypoints.skeleton.names == H36M_17.names:
        return keypoints
    source = layout_of(keypoints.skeleton)
    found = RULES.get((source.name, H36M_17.name)) if source is not None else None
    if found is None:
        raise no_rule(keypoints.name, keypoints.skeleton, H36M_17)
    xy = apply_rule(found.rule, keypoints.skeleton, H36M_17, keypoints.xy)
    where = keypoints.skeleton.index
    confidence = np.stack(
        [keypoints.confidence[:, [where(s) for s in sources(found.rule[joint])]].min(1) for joint in H36M_17.names],
        axis=1,
    )
    if legacy_conf and keypoints.skeleton.names == COCO_17.names:
        confidence = keypoints.confidence
    note = f"H36M-17 from {keypoints.skeleton.name}. {found.note}".strip()
    provenance = replace(keypoints.provenance, notes=(*keypoints.provenance.notes, note))
    return replace(keypoints, xy=xy, confidence=confidence, skeleton=H36M_17, provenance=provenance)
