"""Frames that stand apart: found, said, and left out of what cameras are chosen by."""

import numpy as np
import pytest

from engine.motion.clip import MotionClip
from engine.motion.skeleton import H36M_17
from engine.motion.stray_frames import find_strays, stray_note
from engine.observation.observe import find_camera
from engine.paths import CLIPS


def clip(name: str, every: int = 1) -> tuple[np.ndarray, np.ndarray]:
    with np.load(CLIPS / f"{name}.npz") as file:
        return file["times"][::every].astype(float), file["positions"][::every].astype(float)


@pytest.mark.parametrize("name", sorted(path.stem for path in CLIPS.glob("*.npz")))
@pytest.mark.parametrize("every", [1, 4, 10])
def test_people_have_none(name, every):
    times, positions = clip(name, every)
    found = find_strays(times, positions)
    assert found.steady.all() and not stray_note(found, positions)


@pytest.mark.parametrize("frames", [[0], [479], [200], [0, 1, 2], [478, 479], [100, 300], [0, 479]])
@pytest.mark.parametrize("far", [1.5, 35.0])
def test_frames_that_were_moved_are_found(frames, far):
    times, positions = clip("walk")
    positions[frames] += [far, 0, 0]
    found = find_strays(times, positions)
    assert found.frames.tolist() == frames
    said = stray_note(found, positions)
    assert f"{far:.2g} m" in said and (
        "Frame" in said if len(frames) == 1 else f"the first of them {frames[0]}," in said
    )


def test_a_t_pose_where_the_person_stands():
    """No leap of the root, yet of all joints."""
    times, positions = clip("sit")
    turn = np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])
    positions[0] = positions[0].mean(0) + (positions[0] - positions[0].mean(0)) @ turn
    assert find_strays(times, positions).frames.tolist() == [0]


def test_two_recordings_in_one_are_not_strays():
    times, positions = clip("walk")
    positions[240:] += [8.0, 0, 0]
    found = find_strays(times, positions)
    assert found.steady.all()
    assert "leaps 8 m before frame 240" in stray_note(found, positions)


def test_the_camera_does_not_see_them():
    times, positions = clip("walk")
    clean = MotionClip("c", times[1:] - times[1], positions[1:], H36M_17)
    positions[0] = positions[0] @ np.diag([-1.0, -1.0, 1.0]) + [0, 35.0, 0]
    strayed = MotionClip("s", times, positions, H36M_17)
    for preset in ("front", "left", "high"):
        a, b = find_camera(clean, preset), find_camera(strayed, preset)
        np.testing.assert_array_equal(a.centre, b.centre)
        np.testing.assert_array_equal(a.rotation, b.rotation)
