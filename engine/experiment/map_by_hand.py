"""A joint map that a person gives for a clip, kept for its rig."""

from __future__ import annotations

from pathlib import Path

from engine.errors import InputError
from engine.experiment.sources import sources
from engine.motion.joint_maps import JointMap, parse_map, remember
from engine.observation.recording import is_rig


def remember_map(clip: str, select: str | None, text: str, before: JointMap | None = None) -> None:
    """Remember a map such as "knee_l=LeftShin" for every rig that a clip (path, folder or archive) holds.

    before  the map that it adds to, instead of what is remembered
    Raises InputError for a map that cannot be read, and where no rig has its joints.
    """
    joint_map = {**(before or {}), **parse_map(text)}
    errors: list[InputError] = []
    rigs: set[tuple[str, ...]] = set()
    for source in sources(clip, select):
        try:
            recording = source.open()
            if not is_rig(recording):
                raise InputError(f"{source.name}: its joints are known, so leave --map out.")
            if recording.skeleton.names not in rigs:
                remember(Path(source.member), recording.skeleton.names, joint_map, instead=before is not None)
                rigs.add(recording.skeleton.names)
        except InputError as error:
            errors.append(error)
    if not rigs:
        raise errors[0] if errors else InputError(f"{clip}: it holds no rig for --map.")
