"""C3D (Vicon, Qualisys, OpenSim): markers or joints by their labels; forces and other signals are left."""

from __future__ import annotations

from pathlib import Path

from engine.data.arrays import uniform_times
from engine.data.joints.clip import FileSays, clip_of_joints
from engine.data.joints.gaps import with_gaps
from engine.data.joints.markers import joints_of
from engine.data.scale import stated_unit
from engine.motion.clip import MotionClip
from engine.motion.up_axis import TO_Z_UP, UpAxis
from engine.untrusted.c3d_points import is_c3d, load_points

ASSUMED_UNIT = "mm"


def matches(head: bytes, path: Path) -> bool:
    """Tell whether a file begins as C3D does."""
    return is_c3d(head)


def read(path: Path, *, rate_hz: float | None = None, unit: str | None = None, up: str | None = None) -> MotionClip:
    """Read joints, or the joints of H36M-17 from markers.

    rate_hz and unit against POINT:RATE and POINT:UNITS, up against what the posture says. Raises InputError.
    """
    path = Path(path)
    points = load_points(path)
    metres, unit_name = stated_unit(path, "POINT:UNITS", points.unit or ASSUMED_UNIT, unit)
    positions = with_gaps(path, "points", points.positions, (None, None, 3)) * metres
    times, rate = uniform_times(path, len(positions), rate_hz, points.rate_hz, "from POINT:RATE")
    skeleton, joints, notes = joints_of(path, points.names, positions)
    assumed = [unit_name] if not points.unit and unit is None else []
    if assumed:
        notes.append(f"Unit {unit_name} assumed; the file holds none.")
    says = FileSays(
        f"C3D ({len(points.names)} points)", (1.0, unit_name), _up(points.up),
        notes=tuple(notes), assumed=tuple(assumed),
    )  # fmt: skip
    return clip_of_joints(path, path.stem, times, rate, joints, skeleton, says, up=up)


def _up(screen: str) -> UpAxis | None:
    """Return the axis that the file draws upwards, "+Z"; None where it does not say."""
    axis = screen.strip().upper().removeprefix("+")
    return UpAxis(axis, "from POINT:Y_SCREEN") if axis in TO_Z_UP else None
