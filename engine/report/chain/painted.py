"""Painted people: clips whose body a camera that needs no hardware sees."""

from __future__ import annotations

import hashlib

import numpy as np

from engine.cameras.pinhole import Camera
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


def painted(clip: str, view: str | Camera, seconds: float = SECONDS) -> Watched:
    """A clip's person, on the spot, at 30 Hz. Raises InputError for a clip that is not there."""
    name = view.name if isinstance(view, Camera) else view
    camera = SyntheticCamera.of(named_clip(clip), view)
    times = np.arange(round(seconds * HZ)) / HZ
    shown, joints = hashlib.sha256(times.tobytes()), []
    for at in times:
        picture, truth = camera.painted(float(at))
        shown.update(picture.tobytes())
        joints.append(truth.joints.positions[0])
    key = f".painted-{clip}-{name}.{{}}-{shown.hexdigest()[:16]}.npz"

    def film(detector: str) -> Filmed:
        """Kept in the cache folder, by what the pictures show. Raises InputError for a detector not set up."""
        keeping = Keeping(key.format(detector), user_cache() / "detections")
        found = keeping.read()
        if found is None:
            opened, people = open_detector(detector), []
            for k, at in enumerate(times.tolist()):
                passing(k / len(times))
                people.append(opened.detect(camera.painted(at)[0])[:1])
            found = Filmed.of(opened, times.tolist(), people, camera.camera.image_size)
            keeping.write(found)
        return found

    return Watched(
        GROUP, f"{clip}, {name}", Joints(times, np.stack(joints), H36M_17), camera.camera, camera.height_m, film
    )
