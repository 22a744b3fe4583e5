"""Doubts about a 3D clip that its reader cannot know: said as notes, for every format alike."""

from __future__ import annotations

from dataclasses import replace

from engine.motion.clip import MotionClip
from engine.motion.roles import match_roles
from engine.motion.root_travel import travel_note
from engine.motion.stray_frames import find_strays, stray_note
from engine.motion.up_axis import upright, upside_down


def with_doubts(clip: MotionClip) -> MotionClip:
    """The clip with a note on each of these: stray frames, a head below the feet, a root in another unit.

    The second, which moves figures, stands with them as an assumption does.
    """
    strays = find_strays(clip.times, clip.positions)
    notes, moving = [stray_note(strays, clip.positions)], list(clip.provenance.assumed)
    roles = match_roles(clip.skeleton.names, clip.skeleton.parents)
    head = roles.get("head", roles.get("head top"))
    if head is not None and {"left ankle", "right ankle"} <= set(roles):
        ankles = clip.positions[:, [roles["left ankle"], roles["right ankle"]]]
        if upside_down(clip.positions[:, head], ankles):
            notes.append("The head is below the feet most of the time; if that is wrong, give the axis with --up.")
            moving.append("the head is below the feet most of the time")
        if upright(clip.positions[:, head], ankles):
            steady = strays.steady
            notes.append(travel_note(clip.positions[steady, clip.skeleton.root], ankles[steady]))
    said = clip.provenance.notes
    new = tuple(note for note in notes if note and note not in said)
    if not new:
        return clip
    return replace(clip, provenance=replace(clip.provenance, notes=(*said, *new), assumed=tuple(moving)))
