"""Calibration: a mannequin of a known height, somewhere, facing somewhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.body.library import MANNEQUIN, body
from engine.body.skinning import posed_vertices
from engine.body.stature import shape_of_stature
from engine.errors import InputError
from engine.live.calibration import about_vertical, calibrate, head_height
from engine.motion.pose import BodyPose
from engine.motion.rotations import IDENTITY, axis_angle_to_quat, multiply, rotate
from engine.observation.virtual_trackers import virtual_trackers

FLOOR, PLACE = 0.4, (2.0, -1.5)
FRAMES = 20


def standing_person(height: float, heading: float) -> BodyPose:
    """In the T-pose, the soles on a floor at FLOOR, the pelvis above PLACE."""
    rotations = np.tile(IDENTITY, (FRAMES, 24, 1))
    rotations[:, 0] = about_vertical(heading)
    shape = shape_of_stature(body(), height)
    pose = BodyPose(np.arange(FRAMES) / 60, rotations, np.zeros((FRAMES, 3)), shape, MANNEQUIN)
    lowest = posed_vertices(body(), pose.take(slice(0, 1)))[0, :, 2].min()
    return replace(pose, root=np.tile([*PLACE, FLOOR - lowest], (FRAMES, 1)))


def eyes_of(pose: BodyPose) -> np.ndarray:
    """(3,) between them, in the world."""
    return (body().regressors["COCO-23"][1:3] @ posed_vertices(body(), pose.take(slice(0, 1)))[0]).mean(0)


@pytest.mark.parametrize("heading", [0.0, 1.0, -3.0])
@pytest.mark.parametrize("height", [1.5, 1.7, 1.95])
def test_the_height_is_found_above_a_known_floor(height: float, heading: float) -> None:
    signals = virtual_trackers(standing_person(height, heading))
    found = calibrate(signals, floor_m=FLOOR)
    assert found.height_m == pytest.approx(height, abs=1e-3)
    assert found.heading == pytest.approx(heading, abs=1e-9)
    own = found.apply(signals)
    assert own.positions[:, 0] == pytest.approx(np.tile([0, 0, head_height(height)], (FRAMES, 1)), abs=1e-3)
    assert np.abs(np.abs(own.rotations[:, :, 0]) - 1).max() < 1e-12  # faces -Y
    assert own.positions[0, 1, 0] > 0.5 and own.positions[0, 2, 0] < -0.5  # the left at +X
    assert np.abs(own.positions[0, 1, 1]) < 0.1


def test_the_floor_is_found_below_a_known_height() -> None:
    found = calibrate(virtual_trackers(standing_person(1.8, 0.3)), height_m=1.8)
    assert (found.height_m, found.floor_m) == (1.8, pytest.approx(FLOOR, abs=1e-6))


def test_a_headset_between_the_eyes_and_controllers_at_any_angle() -> None:
    pose = standing_person(1.72, 0.7)
    joints = virtual_trackers(pose)
    grips = axis_angle_to_quat(np.array([[0.4, -1.0, 0.2], [-0.5, 0.3, 0.9]]))
    devices = replace(joints, positions=joints.positions.copy(), rotations=joints.rotations.copy())
    devices.positions[:, 0] = eyes_of(pose)
    devices.rotations[:, 1:] = multiply(joints.rotations[:, 1:], grips)
    found = calibrate(devices, floor_m=FLOOR, worn="eyes", t_pose=True)
    assert found.height_m == pytest.approx(1.72, abs=1e-3)
    back = about_vertical(found.heading)
    own = found.apply(devices)
    world = rotate(back, own.positions) + [*found.origin, found.floor_m]
    assert np.abs(world - joints.positions).max() < 1e-3
    assert np.abs(np.abs(own.rotations[..., 0]) - 1).max() < 1e-9


def test_who_does_not_stand_still_and_straight_is_told() -> None:
    signals = virtual_trackers(standing_person(1.7, 0.0))
    moving = replace(signals, positions=signals.positions + np.linspace(0, 0.2, FRAMES)[:, None, None])
    bent = replace(signals, rotations=np.broadcast_to(axis_angle_to_quat(np.array([0.8, 0, 0])), (FRAMES, 3, 4)))
    for wrong in (moving, bent):
        with pytest.raises(InputError, match="stand straight and still"):
            calibrate(wrong, floor_m=FLOOR)
    with pytest.raises(InputError, match=r"no standing person's is"):
        calibrate(signals, floor_m=signals.positions[0, 0, 2] - 0.3)
    unseen = replace(signals, valid=np.zeros((FRAMES, 3), bool))
    with pytest.raises(InputError, match="saw no headset"):
        calibrate(unseen)
