"""Joint layouts against the published index lists (specification data_and_metrics.md, section 1)."""

import numpy as np
import pytest

from engine.motion import skeleton as s

PARENTS = {
    "H36M-17": [-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15],
    "SMPL-24": [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21],
    "MPI-INF-3DHP-17": [1, 15, 1, 2, 3, 1, 5, 6, 14, 8, 9, 14, 11, 12, -1, 14, 1],
    "Panoptic-15": [2, 0, -1, 0, 3, 4, 2, 6, 7, 0, 9, 10, 2, 12, 13],
    "NTU-25": [-1, 0, 20, 2, 20, 4, 5, 6, 20, 8, 9, 10, 0, 12, 13, 14, 0, 16, 17, 18, 1, 7, 7, 11, 11],
}


@pytest.mark.parametrize("name", PARENTS)
def test_published_parents(name):
    assert list(s.LAYOUTS[name].parents) == PARENTS[name]


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("H36M-17", [4, 5, 6, 11, 12, 13], [1, 2, 3, 14, 15, 16]),
        ("COCO-17", [1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]),
        ("MPI-INF-3DHP-17", [5, 6, 7, 11, 12, 13], [2, 3, 4, 8, 9, 10]),
    ],
)
def test_published_sides(name, left, right):
    assert list(s.LAYOUTS[name].left) == left and list(s.LAYOUTS[name].right) == right


@pytest.mark.parametrize("layout", s.LAYOUTS.values(), ids=lambda layout: layout.name)
def test_every_layout_is_one_symmetric_tree(layout):
    assert len(layout) == int(layout.name.rsplit("-", 1)[1]) == len(set(layout.names))
    assert layout.parents.count(-1) == 1
    seen = set()
    for j in layout.order:
        assert layout.parents[j] < 0 or layout.parents[j] in seen
        seen.add(j)
    parents = np.array(layout.parents)
    mirrored = np.where(parents[layout.mirror] < 0, -1, layout.mirror[parents[layout.mirror]])
    assert np.array_equal(mirrored, parents), "the mirror of a bone is a bone"
    assert {n.split()[0] for n in layout.names} & {"left", "right"}
    sided = {j for j, n in enumerate(layout.names) if n.startswith(("left", "right"))}
    assert sided == {*layout.left, *layout.right}


def test_a_cycle_is_refused():
    with pytest.raises(ValueError, match="cycle"):
        _ = s.Skeleton("x", ("a", "b", "c"), (-1, 2, 1)).order


@pytest.mark.parametrize(
    ("name", "side", "rest"),
    [
        ("LeftUpLeg", "left", "UpLeg"),
        ("mixamorig:RightArm", "right", "mixamorig:Arm"),
        ("lShldr", "left", "Shldr"),
        ("rfemur", "right", "femur"),
        ("LHipJoint", "left", "HipJoint"),
        ("CC_Base_R_Thigh", "right", "CC_Base__Thigh"),
        ("thigh_l", "left", "thigh_"),
        ("upper_arm.R", "right", "upper_arm."),
        ("Bip01 L Calf", "left", "Bip01  Calf"),
        ("lowerback", "", "lowerback"),
        ("root", "", "root"),
        ("RL_BoneRoot", "", "RL_BoneRoot"),
        ("Hips", "", "Hips"),
        ("Ribs", "", "Ribs"),
    ],
)
def test_sides_of_names(name, side, rest):
    assert s.side_of(name) == (side, rest)
