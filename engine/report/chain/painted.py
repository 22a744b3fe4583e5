"""Painted people: clips whose body a camera that needs no hardware sees."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import numpy as np

from engine.detector.detection import Picture
from engine.detector.filmed import Filmed
from engine.detector.filmed_kept import Keeping
from engine.detector.library import open_detector
from engine.experiment.named_clip import named_clip
from engine.live.feeds.cameras.synthetic import HZ, SyntheticCamera
from engine.motion.pose import Joints
from engine.motion.skeleton import H36M_17
from engine.paths import user_cache
from engine.progress import passing
from engine.report.chain.watched import Watched

GROUP = "painted"
SECONDS = 6.0
CLIPS = ("walk", "turn", "wave", "squat")
VIEWS = ("front", "front-left", "right")


def painted(clip: str, view: str, seconds: float = SECONDS) -> Watched:
    """A clip's person, on the spot, at 30 Hz. Raises InputError for a clip that is not there."""
    camera = SyntheticCamera.of(named_clip(clip), view)
    times = np.arange(round(seconds * HZ)) / HZ
    shown, joints = hashlib.sha256(times.tobytes()), []
    for at in times:
        picture, truth = camera.painted(float(at))
        shown.update(picture.tobytes())
        joints.append(truth.joints.positions[0])
    key = f".painted-{clip}-{view}.{{}}-{shown.hexdigest()[:16]}.npz"

    def film(detector: str) -> Filmed:
        """Kept in the person's cache, by what the pictures show."""
        keeping = Keeping(key.format(detector), user_cache() / "detections")
        found = keeping.read()
        if found is None:
            pictures = ((float(at), camera.painted(float(at))[0]) for at in times)
            found = _found(detector, pictures, len(times), camera.camera.image_size)
            keeping.write(found)
        return found

    return Watched(
        GROUP, f"{clip}, {view}", Joints(times, np.stack(joints), H36M_17), camera.camera, camera.height_m, film
    )


def _found(name: str, pictures: Iterator[tuple[float, Picture]], count: int, size: tuple[int, int]) -> Filmed:
    """Raises InputError for a detector that is not set up."""
    detector = open_detector(name)
    joints = len(detector.skeleton)
    xy, confidence = np.zeros((count, 1, joints, 2)), np.zeros((count, 1, joints))
    score, box, times = np.zeros((count, 1)), np.zeros((count, 1, 4)), np.zeros(count)
    for k, (at, picture) in enumerate(pictures):
        passing(k / count)
        times[k] = at
        for person in detector.detect(picture)[:1]:
            xy[k, 0], confidence[k, 0], score[k, 0], box[k, 0] = person.xy, person.confidence, person.score, person.box
    return Filmed(detector.name, times, xy, confidence, score, box, detector.skeleton, size)
