"""Sentences for the file card: how a body's pose was found, and what was filled in."""

from __future__ import annotations

from collections.abc import Collection

from engine.body.retarget.rig_maps import RigMap
from engine.body.retarget.targets import Targets
from engine.motion.clip import MotionClip
from engine.motion.rigs import rig_of


def notes_of(
    clip: MotionClip, targets: Targets, rig_map: RigMap | None, borrowed: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the notes of a pose from a rig's rotations, or (rig_map None) from positions.

    borrowed  joints whose turns about their mean are an unknown rig's
    """
    if rig_map is not None:
        rig = rig_of(clip.skeleton.names)
        name = rig.name if rig is not None else clip.skeleton.name
        doubt = {"head": "the head's", "hands": "the hands'"}
        doubtful = [text for key, text in doubt.items() if key not in rig_map.trusted]
        found = [f"Body from the joint rotations of the {name} rig, its bones scaled to the clip's."]
        if doubtful:
            found.append(f"This rig's zero pose is not known well enough to trust {' and '.join(doubtful)} rotation.")
        return tuple(found)
    filled = ["the roll of straight limbs" if "left wrist" in borrowed else "the roll of hands and of straight limbs"]
    if not targets.has("left foot", "right foot"):
        filled.append("feet")
    if not targets.has("left hand", "right hand"):
        filled.append("hands")
    if "head" not in borrowed and not targets.has("thorax", "nose", "head top"):
        filled.append("the head")
    found = ["Body from joint positions, its bones scaled to the clip's."]
    if borrowed:
        found.append("Head and hands turn as in the file, about what is usual; its rig is not known.")
    return *found, f"Positions do not tell {', '.join(filled)}: filled in as they usually are."
