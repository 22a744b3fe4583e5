"""What is known of how a camera stands, in runs of recordings: 2D keypoints of a camera that nobody calibrated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from fake_lifters import CARD, Known, served, swaying

from engine.cameras.pinhole import look_at
from engine.cli.options import experiment_of
from engine.errors import InputError
from engine.experiment.run import run
from engine.experiment.settings import Experiment, FileSource, ModelChoice
from engine.metrics.pose import root_relative
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.observation.keypoints import Keypoints2D

CLIP = swaying(60, 30.0)
HIGH = look_at("high", np.array([0.0, -5.0, 2.6]), np.array([0.0, -1.0, 0.9]), fov_deg=45.0)
PITCH = np.degrees(np.arctan2(1.7, 4.0))


@dataclass
class Exact:
    """The truth in the axes of the camera that saw it."""

    card = CARD

    def forward(self, observation, rate, context, *, progress=None, cancel=None):
        turned = root_relative(CLIP.positions) @ HIGH.rotation.T
        return Joints(observation.times, turned, H36M_17, frame="camera", rooted=False)


def seen(known: bool) -> Keypoints2D:
    xy, sure = HIGH.project(CLIP.positions)[0], np.ones((60, 17))
    return Keypoints2D("seen", CLIP.times, xy, sure, H36M_17, HIGH.image_size, HIGH if known else None)


def placed(**stands: float) -> tuple[np.ndarray, str]:
    """Where the joints are found to be, and what is said of the camera."""
    experiment = Experiment(source=FileSource(**stands), models=(ModelChoice(name="known"),), height_m=1.7)
    result = run(experiment, recording=seen(known=False), models=served(known=Exact())).models[0]
    return result.placed.positions, result.note


def test_what_is_given_is_taken() -> None:
    found, said = placed(camera_pitch=PITCH, camera_roll=0.0, camera_height=2.6)
    assert found[..., 2] == pytest.approx(CLIP.positions[..., 2], abs=1e-3)
    assert "looks 23° down, turned 0° clockwise, 2.6 m above the floor (given)" in said


def test_without_it_all_is_estimated() -> None:
    assert "(estimated)" in placed()[1]
    assert "(partly given)" in placed(camera_height=1.0)[1]


def test_a_camera_that_is_known_needs_nothing() -> None:
    experiment = Experiment(source=FileSource(camera_pitch=10.0), models=(ModelChoice(name="known"),))
    with pytest.raises(InputError, match="its camera is known"):
        run(experiment, recording=CLIP, models=served(known=Known(CLIP)))


def test_another_mount_is_another_result() -> None:
    """What was found before with one that differs does not serve."""
    from engine.experiment.prepared import Memory

    memory, recording = Memory(), seen(known=False)
    heights = []
    for height in (1.0, 2.0):
        experiment = Experiment(
            source=FileSource(camera_height=height), models=(ModelChoice(name="known"),), height_m=1.7
        )
        found = run(experiment, recording=recording, models=served(known=Exact()), memory=memory)
        heights.append(found.models[0].placed.positions[..., 2].mean())
    assert heights[1] - heights[0] == pytest.approx(1.0)


def test_the_command_line_says_it() -> None:
    given = {"clip": "walk.json", "model": "hummuss_small", "camera_pitch": 12.0, "foot_lock": True}
    mount = experiment_of(given).file.mount
    assert (mount.pitch_deg, mount.roll_deg, mount.height_m, mount.foot_lock) == (12.0, None, None, True)
