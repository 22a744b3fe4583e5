"""A joint map that a person gives for a clip, kept for its rig."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InputError
from engine.experiment.sources import sources
from engine.motion.clip import MotionClip
from engine.motion.conversions import layout_of
from engine.motion.joint_maps import parse_map, remember


def remember_map(clip: str, select: str | None, text: str) -> None:
    """Remember a map such as "knee_l=LeftShin" for every rig that a clip (path, folder or archive) holds.

    Raises InputError for a map that cannot be read, and where no rig has its joints.
    """
    joint_map = parse_map(text)
    errors: list[InputError] = []
    rigs: set[tuple[str, ...]] = set()
    for source in sources(clip, select):
        try:
            recording = source.open()
            if not isinstance(recording, MotionClip) or layout_of(recording.skeleton) is not None:
                raise InputError(f"{source.name}: its joints are known, so leave --map out.")
            if recording.skeleton.names not in rigs:
                remember(Path(source.member), recording.skeleton.names, joint_map)
                rigs.add(recording.skeleton.names)
        except InputError as error:
            errors.append(error)
    if not rigs:
        raise errors[0] if errors else InputError(f"{clip}: it holds no rig for --map.")
