"""The axis that points up, decided by the motion where nothing better is known."""

import numpy as np
import pytest

from engine.motion.skeleton import H36M_17
from engine.motion.up_axis import TO_Z_UP, UpAxis, up_axis, upright_axis, upside_down
from engine.paths import CLIPS

ANKLES = [H36M_17.index("left ankle"), H36M_17.index("right ankle")]
HEAD = H36M_17.index("head top")
WALK = np.load(CLIPS / "walk.npz")["positions"][::4].astype(float)
AXES = list(TO_Z_UP)


def decided(positions, stated=None):
    return up_axis(None if stated is None else UpAxis(stated, "stated"), positions[:, HEAD], positions[:, ANKLES])


def lying(positions, frames):
    """The motion with its person on their back in some of the frames."""
    out = positions.copy()
    out[frames] = out[frames] @ np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]).T
    return out


@pytest.mark.parametrize("axis", AXES)
def test_turns_are_rotations_that_bring_the_axis_up(axis):
    turn = TO_Z_UP[axis]
    assert np.linalg.det(turn) == pytest.approx(1) and np.allclose(turn @ turn.T, np.eye(3))
    way = np.eye(3)["XYZ".index(axis[-1])] * (-1 if axis[0] == "-" else 1)
    assert np.allclose(turn @ way, [0, 0, 1])


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("stated", [None, *AXES])
@pytest.mark.parametrize("scale", [0.01, 1.0, 39.37])
def test_a_walk_decides_in_whatever_world(axis, stated, scale):
    found = decided(WALK @ TO_Z_UP[axis] * scale, stated)
    assert found.axis == axis and found.assumed == (axis != stated)
    assert not upside_down(*(WALK[:, j] for j in (HEAD, ANKLES)))


def test_who_gets_up_from_lying_is_believed():
    """Four frames in five on the floor: the head is then along -Y of the file, which stays Z up."""
    frames = np.arange(len(WALK)) < 0.8 * len(WALK)
    assert decided(lying(WALK, frames), "Z").axis == "Z"


def test_who_lies_all_the_time_decides_against_the_file_and_says_so():
    """Nothing tells it from a standing person in another world: an assumption that is shown with the figures."""
    found = decided(lying(WALK, slice(None)), "Z")
    assert found.assumed and found.assumption and "against Z stated" in found.note


def test_a_mixture_leaves_what_is_stated():
    """A third upright, a third each lying along two axes."""
    third = len(WALK) // 3
    mixed = lying(WALK, np.arange(len(WALK)) < third)
    mixed[third : 2 * third] = mixed[third : 2 * third] @ TO_Z_UP["X"]
    assert decided(mixed, "Z").axis == "Z" and not decided(mixed, "Z").assumed


@pytest.mark.parametrize("axis", ["Y", "Z", "-Y"])
def test_feet_that_keep_to_a_floor_decide_where_bodies_bend(axis):
    """A deep bow all along: the head is never over the feet."""
    bowed = WALK.copy()
    bowed[:, HEAD] = bowed[:, ANKLES].mean(1) + [0.0, -0.9, 0.75]
    assert decided(bowed @ TO_Z_UP[axis]).axis == axis


def test_one_stray_frame_decides_nothing():
    strayed = WALK.copy()
    strayed[0] = strayed[0] @ TO_Z_UP["Y"] + 35
    assert decided(strayed, "Z").axis == "Z" and not decided(strayed, "Z").assumed


def test_a_head_below_the_feet():
    below = WALK @ TO_Z_UP["-Z"]
    assert upside_down(below[:, HEAD], below[:, ANKLES])


def test_nobody():
    assert decided(np.zeros((3, 17, 3))).note == "Y up assumed."
    assert upright_axis(np.array([0.0, 0, 1.7])) == "Z" and upright_axis(np.array([1.0, 1, 0])) is None
