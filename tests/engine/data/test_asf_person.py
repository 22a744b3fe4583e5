"""A whole person in ASF/AMC: unit and up axis are checked against the body, as for BVH."""

import numpy as np
import pytest

from engine.data.registry import open_motion
from engine.motion.stature import stature
from engine.observation.recording import as_h36m17

# Bone -> parent, way (Y up, facing +Z, left is +X), length in metres.
BONES = {
    "lowerback": ("root", (0, 1, 0), 0.12), "upperback": ("lowerback", (0, 1, 0), 0.12),
    "thorax": ("upperback", (0, 1, 0), 0.12), "lowerneck": ("thorax", (0, 1, 0), 0.1),
    "upperneck": ("lowerneck", (0, 1, 0), 0.1), "head": ("upperneck", (0, 1, 0), 0.1),
}  # fmt: skip
SIDES = {
    "hipjoint": ("root", (0.9, -0.4, 0), 0.1), "femur": ("hipjoint", (0, -1, 0), 0.42),
    "tibia": ("femur", (0, -1, 0), 0.41), "foot": ("tibia", (0, -0.3, 0.95), 0.14),
    "clavicle": ("thorax", (0.9, 0.4, 0), 0.17), "humerus": ("clavicle", (1, 0, 0), 0.28),
    "radius": ("humerus", (1, 0, 0), 0.25), "wrist": ("radius", (1, 0, 0), 0.08), "hand": ("wrist", (1, 0, 0), 0.1),
}  # fmt: skip
AS_IT_IS = np.eye(3)
TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


def person(folder, per_metre, turn=AS_IT_IS, frames=12):
    """A standing person whose bones are `per_metre` units long a metre, in turned axes."""
    bones = dict(BONES)
    for side, sign in (("l", 1), ("r", -1)):
        for name, (parent, way, length) in SIDES.items():
            above = f"{side}{parent}" if parent in SIDES else parent
            bones[f"{side}{name}"] = (above, np.array(way) * (sign, 1, 1), length)
    lines = [":version 1.10", ":name VICON", ":units", "  mass 1.0", "  length 0.45", "  angle deg", ":root"]
    lines += ["   order TX TY TZ RX RY RZ", "   axis XYZ", "   position 0 0 0", "   orientation 0 0 0", ":bonedata"]
    for number, (name, (_, way, length)) in enumerate(bones.items(), 1):
        way = turn @ (np.array(way, float) / np.linalg.norm(way))
        lines += ["  begin", f"     id {number}", f"     name {name}", "     direction " + " ".join(map(str, way))]
        lines += [f"     length {length * per_metre}", "     axis 0 0 0 XYZ", "     dof rx ry rz", "  end"]
    lines += [":hierarchy", "  begin"]
    for parent in ("root", *bones):
        if children := [name for name, bone in bones.items() if bone[0] == parent]:
            lines.append(f"    {parent} {' '.join(children)}")
    (folder / "07.asf").write_text("\n".join([*lines, "  end"]) + "\n")
    at = " ".join(map(str, turn @ (0.0, 0.93 * per_metre, 0.0)))
    rows = [":FULLY-SPECIFIED", ":DEGREES"]
    for t in range(frames):
        rows += [str(t + 1), f"root {at} 0 0 0", *(f"{name} 0 0 0" for name in bones)]
    path = folder / "07_01.amc"
    path.write_text("\n".join(rows) + "\n")
    return path


@pytest.mark.parametrize(
    ("per_metre", "unit", "doubted"),
    [
        (0.45 / 0.0254, "1/0.45 inch", False),
        (100.0, "centimetres", True),
        (1.0, "metres", True),
        (1000.0, "millimetres", True),
    ],
)
def test_a_unit_that_makes_no_person_is_not_believed(tmp_path, per_metre, unit, doubted):
    clip = open_motion(person(tmp_path, per_metre))
    assert clip.provenance.unit == unit
    assert any("against the file's" in text for text in clip.provenance.assumed) == doubted
    assert 1.6 < stature(as_h36m17(clip).positions) < 1.9


@pytest.mark.parametrize(
    ("axis", "turn"),
    [("Y", AS_IT_IS), ("Z", TO_Z_UP), ("-Y", np.diag([1.0, -1, -1])), ("X", [[0, 1, 0], [0, 0, 1], [1, 0, 0]])],
)
def test_the_motion_decides_the_axis(tmp_path, axis, turn):
    clip = open_motion(person(tmp_path, 0.45 / 0.0254, np.array(turn, float)))
    assert clip.provenance.up == axis
    seen = as_h36m17(clip).positions
    assert (seen[:, 10, 2] > 1.5).all() and (seen[:, [3, 6], 2] < 0.1).all()
    assert any("up (from the motion" in text for text in clip.provenance.assumed) == (axis != "Y")
    assert open_motion(tmp_path / "07_01.amc", up="Z").provenance.up == "Z"
