"""What is exported: one person's motion, with where it comes from; and the statement that goes into the file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import engine
from engine.body.library import body
from engine.body.model import Body
from engine.errors import printable
from engine.motion.pose import BodyPose, Frames, Joints

Float = NDArray[np.float64]

GENERATOR = f"Kinestate {engine.__version__}"
WORLD = "right-handed, Z up, a subject at rest faces -Y, the left at +X"
"""The program's own axes, and those of every file that does not say otherwise."""
METRES, CENTIMETRES, MILLIMETRES = "metres", "centimetres", "millimetres"


@dataclass(frozen=True, eq=False)
class Motion:
    """One person's motion, in the world.

    name     of the clip
    what     "truth", or the model that predicted it
    joints   at the frames that are exported
    body     the same of a body; None where none was asked for
    rate_hz  the nominal rate, also of a single frame
    source   the file that it comes from, as the file card has it
    colour   (red, green, blue) 0 to 255 of a mesh
    notes    sentences about what was assumed or left out
    """

    name: str
    what: str
    joints: Joints
    body: BodyPose | None
    rate_hz: float
    source: str = ""
    colour: tuple[int, int, int] = (170, 174, 180)
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.joints)

    def take(self, frames: Frames) -> Self:
        """Some of the frames, on the same clock."""
        return replace(
            self, joints=self.joints.take(frames), body=None if self.body is None else self.body.take(frames)
        )

    def noting(self, *notes: str) -> Self:
        """The same with further notes; empty ones are left out."""
        return replace(self, notes=(*self.notes, *filter(None, notes)))


@dataclass(frozen=True)
class Written:
    """Files that were written, and sentences about what they hold otherwise than the motion did."""

    paths: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def statement(motion: Motion, *, unit: str, axes: str = WORLD, rate_hz: float | None = None) -> dict[str, Any]:
    """What a file says of itself, as plain JSON values; rate_hz replaces the motion's where it was resampled."""
    times = motion.joints.times
    said: dict[str, Any] = {
        "generator": GENERATOR,
        "clip": motion.name,
        "what": motion.what,
        "source": motion.source,
        "frames": len(motion),
        "rate_hz": rate_hz or motion.rate_hz,
        "first_frame_s": float(times[0]),
        "unit": unit,
        "axes": axes,
        "skeleton": motion.joints.skeleton.name,
    }
    if motion.body is not None:
        said |= {"body": motion.body.body, "body_about": body(motion.body.body).about}
    texts = {key: printable(value) if isinstance(value, str) else value for key, value in said.items()}
    return texts | {"notes": [printable(note) for note in motion.notes]}


def rest_offsets(model: Body, pose: BodyPose) -> Float:
    """(24, 3) metres of each joint from its parent at rest: this person's, else those of the body in its shape."""
    return model.offsets(pose.shape) if pose.offsets is None else pose.offsets


def root_of(pose: BodyPose) -> Float:
    """(T, 3) metres: the pelvis; the origin where its place is not known."""
    return np.zeros((len(pose), 3)) if pose.root is None else pose.root


def lines(said: dict[str, Any]) -> list[str]:
    """A statement as lines "key: value", for comments; line breaks inside a value become blanks."""
    shown = {key: " ".join(map(str, value)) if isinstance(value, list) else value for key, value in said.items()}
    return [f"{key}: {' '.join(str(value).split())}" for key, value in shown.items() if value != ""]
