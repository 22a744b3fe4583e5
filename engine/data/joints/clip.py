"""Clips from joint positions of files that say little of them: unit and up axis found from the body."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.data.arrays import axes_to_z_up, find_up, stand_on_floor
from engine.data.joints.gaps import bridged
from engine.data.scale import TYPICAL_M, metres_per_unit, unit_of
from engine.errors import file_error
from engine.motion.clip import MotionClip, Provenance
from engine.motion.conversions import to_h36m17
from engine.motion.skeleton import Skeleton
from engine.motion.stature import ANKLE_HEIGHT_M, bone_chain_length
from engine.motion.up_axis import UpAxis

Float = NDArray[np.float64]


@dataclass(frozen=True)
class FileSays:
    """What a format, or a file of it, says of its positions.

    unit   metres per unit and its name; None: found from the body's height
    up     the axis that is up as a rule; None: found from the posture
    floor  "keep" a world's height, "lift" the feet to the floor, or "move" the first frame above the origin as well
    """

    format: str
    unit: tuple[float, str] | None = None
    up: UpAxis | None = None
    floor: Literal["keep", "lift", "move"] = "keep"
    notes: tuple[str, ...] = ()
    subject: str = ""
    assumed: tuple[str, ...] = ()


def clip_of_joints(
    path: Path,
    name: str,
    times: Float,
    rate: str,
    positions: Float,
    skeleton: Skeleton,
    says: FileSays,
    *,
    unit: str | None = None,
    up: str | None = None,
) -> MotionClip:
    """Return a clip of positions (T, J, 3) in the file's unit and axes, NaN where a joint was not seen.

    unit and up are a person's, against what the file says. Raises InputError.
    """
    positions, notes = bridged(path, positions, skeleton.names)
    assumed = list(says.assumed)
    found = find_up(up, says.up, positions, skeleton)
    turned = positions @ axes_to_z_up(found.axis).T
    if unit is not None:
        metres, unit_name = metres_per_unit(unit)
    elif says.unit is not None:
        metres, unit_name = says.unit
    else:
        chain = bone_chain_length(to_h36m17(MotionClip(name, times, turned, skeleton)).positions)
        tall = float(np.median(chain)) * TYPICAL_M / (TYPICAL_M - ANKLE_HEIGHT_M)
        if not tall > 0:
            raise file_error(path, "joints", "all coincide", "give the unit")
        metres, unit_name, why, told = unit_of(tall, None)
        notes.append(f"Unit {unit_name}: {why}.")
        assumed += told
    turned = turned * metres
    if says.floor != "keep":
        shift = stand_on_floor(turned, skeleton)[1] * ([0.0, 0.0, 1.0] if says.floor == "lift" else 1.0)
        turned = turned + shift
        notes.append(f"Moved by {np.round(shift, 2).tolist()} m to stand on the floor.")
    return MotionClip(
        name=name,
        times=times,
        positions=turned,
        skeleton=skeleton,
        subject=says.subject,
        provenance=Provenance(
            str(path),
            says.format,
            unit_name,
            found.axis,
            rate,
            (*says.notes, found.note, *notes),
            assumed=(*assumed, *found.assumption),
        ),
    )
