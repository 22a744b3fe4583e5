"""A recording of several cameras, of which the truth is what four of them agree on, by the most exact detector."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.cameras.pinhole import Camera
from engine.detector.filmed import Filmed, filmed, people_in_video
from engine.experiment.rig_run import chosen_person, measure_on_rig
from engine.experiment.view_files import open_videos
from engine.models.loading import load_model
from engine.motion.clip import rate_hz
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.motion.stature import stature
from engine.observation.people_in_view import PeopleInView
from engine.report.chain.watched import Watched

GROUP = "recorded"
TRUTH_BY, PEOPLE = "heavy", 2
LOWPASS_HZ, ORDER = 6.0, 4
"""Of the triangulated joints: what is faster than people move is the detector's."""


def recorded(folder: Path) -> list[Watched]:
    """The person in the videos of a folder that holds `calibration` and `videos`, before each of its cameras.

    Cameras are refined on the person. Raises InputError where files are missing or the detector is not set up.
    """

    def read(path: Path, _: Camera) -> PeopleInView:
        return people_in_video(path, TRUTH_BY, PEOPLE)

    opened = open_videos(folder / "calibration", folder / "videos", read)
    views = chosen_person(opened.views, refine=True).views
    joints = measure_on_rig(load_model("triangulation"), views).joints
    truth = Joints(joints.times, smoothed(joints.positions, rate_hz(joints.times)), H36M_17)
    height = stature(truth.positions)
    return [
        Watched(GROUP, camera.name, truth, camera, height, partial(_film, path))
        for camera, path in zip(views.rig, opened.files, strict=True)
    ]


def _film(path: Path, detector: str) -> Filmed:
    return filmed(path, detector, PEOPLE)


def smoothed(positions: NDArray[np.float64], hz: float) -> NDArray[np.float64]:
    """(T, J, 3) without what is faster than `LOWPASS_HZ`: Butterworth, forth and back, so that nothing lags."""
    from scipy.signal import butter, sosfiltfilt

    return np.asarray(sosfiltfilt(butter(ORDER // 2, LOWPASS_HZ, fs=hz, output="sos"), positions, axis=0))
